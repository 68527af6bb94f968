!arc
//                      17
exactly16letters
/0                       1
q/0                       1
w