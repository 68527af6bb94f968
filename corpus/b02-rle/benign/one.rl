RL1 1 1
Åx