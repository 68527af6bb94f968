!arc
//                       4
abc
//                       2
d
