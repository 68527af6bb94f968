ARC1
file hello.txt 5
hello
file b.txt 0

