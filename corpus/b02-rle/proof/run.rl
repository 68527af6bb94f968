RL1 4 2
„abcdeÿz