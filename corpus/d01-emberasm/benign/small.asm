; adds two numbers
start: lda one
  add two
  sta sum
  hlt
one: .byte 1
two: .byte 2
sum: .byte 0
