!arc
//                      17
sixteen-letters-x/0                       5
hello