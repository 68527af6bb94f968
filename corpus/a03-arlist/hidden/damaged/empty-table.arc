!arc
//                       0
/0                       1
q