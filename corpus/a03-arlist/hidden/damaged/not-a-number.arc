!arc
//                       3
abc/1x                      1
q