!arc
//                       5
name
/6                       1
q