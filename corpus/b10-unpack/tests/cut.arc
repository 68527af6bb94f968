ARC1
file a 100
short
