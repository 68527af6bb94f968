!arc
//                      31
mmmmmmmmmmmmmmmmmmmmmmmmmmmmmm
/0                       1
q