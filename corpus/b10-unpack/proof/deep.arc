ARC1
dir docs
file docs/../../evil.txt 4
evil
