!arc
//                      40
first-long-name-here
last-long-name-here/0                       2
ab/21                      1
c