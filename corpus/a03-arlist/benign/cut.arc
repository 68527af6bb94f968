!arc
one                      5
123