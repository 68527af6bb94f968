!arc
//                      23
a-rather-long-name.txt
/0                       4
1234