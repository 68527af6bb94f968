!arc
//                       5
name
/5                       1
q