ARC1
dir docs
file docs/a.txt 3
aaa
file src/lib/x.c 6
int x;
link newest docs/a.txt
link src/doc ../docs
