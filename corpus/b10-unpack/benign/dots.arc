ARC1
file a..b.txt 4
dots
file ./c 1
c
