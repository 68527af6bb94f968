start: jmp start
  .org 0xd000
table:
  .fill 0x4000 0 ; too much
  .byte 1
