!arc
a.txt                    5
hellob.txt                    3
abc