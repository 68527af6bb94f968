!arc
/0                       1
q