def algorithm(adjacency_matrix):
    """Greedy insertion: again and again place the node, on the side, that adds most to the cut."""
    n = len(adjacency_matrix)
    partition = [None] * n
    unplaced = list(range(n))
    while unplaced:
        best_weight, best_node, best_side = -1, None, None
        for node in unplaced:
            for side in (0, 1):
                weight = 0
                for neighbor in range(n):
                    if partition[neighbor] == 1 - side:
                        weight += adjacency_matrix[node, neighbor]
                if weight > best_weight:
                    best_weight, best_node, best_side = weight, node, side
        partition[best_node] = best_side
        unplaced.remove(best_node)
    return partition
