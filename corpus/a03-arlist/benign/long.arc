!arc
//                      42
some-long-file-name.c
another-long-name.h
/0                       6
int x;/22                      0
