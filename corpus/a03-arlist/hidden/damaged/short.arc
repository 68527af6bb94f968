!arc
a                        5
hell