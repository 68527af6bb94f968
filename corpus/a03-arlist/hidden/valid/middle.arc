!arc
//                      14
prefix-suffix
/7                       1
q