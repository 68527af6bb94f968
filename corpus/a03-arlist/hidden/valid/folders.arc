!arc
//                      34
lib/deep/file-of-some-length.o
x/y/0                       1
qshort                    0
/31                      1
w