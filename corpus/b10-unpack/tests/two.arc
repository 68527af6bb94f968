ARC1
file hello.txt 6
hello

dir empty
link again.txt hello.txt
