!arc
