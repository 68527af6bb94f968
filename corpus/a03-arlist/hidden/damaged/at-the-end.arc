!arc
//                      19
name-of-some-length/19                      1
q