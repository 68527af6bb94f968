RL1 16 16
ÿaÿbc