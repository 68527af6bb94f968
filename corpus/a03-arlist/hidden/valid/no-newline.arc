!arc
//                      24
kkkkkkkkkkkkkkkkkkkkkkkk/0                       1
q