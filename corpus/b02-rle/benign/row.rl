RL1 8 1
abcdefgh