  ldi 1
  .fill 65535 0xaa
  hlt
