!arc
//                       5
abc

/4                       1
q