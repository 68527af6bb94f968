  .fill 0xdffe 7
  ldi 0
