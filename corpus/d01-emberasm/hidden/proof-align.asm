start: jmp start
 .org 0xc123
 .align 0x4000
 hlt
