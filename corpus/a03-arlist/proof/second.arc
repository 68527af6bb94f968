!arc
//                      31
the-first-name
the-second-name./0                       1
a/15                      1
b