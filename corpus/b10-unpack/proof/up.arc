ARC1
file ok.txt 4
fine
file ../evil.txt 4
evil
