RL1 3 3
‰k