!arc
//                       1
z/0                       1
q