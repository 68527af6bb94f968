!arc
one                      1
1two                      2
22