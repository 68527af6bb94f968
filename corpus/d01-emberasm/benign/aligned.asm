a: nop
 .align 256
b: hlt
 .align 16
