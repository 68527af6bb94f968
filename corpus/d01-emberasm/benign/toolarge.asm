  .fill 0xe000 7
  nop
