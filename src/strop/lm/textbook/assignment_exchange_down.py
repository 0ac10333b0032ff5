"""Exchange two places as long as that lowers the cost.

shape: assignment
grade: mediocre
"""
import numpy as np


def assign(F, D, P):
    """2-exchange local search for the lowest cost, from the identity."""
    F, D, P = (np.asarray(matrix, dtype=float) for matrix in (F, D, P))
    order = np.arange(len(F))
    places = np.arange(len(F))
    current = (F * D[np.ix_(order, order)]).sum() - P[places, order].sum()
    for _ in range(10):
        before = current
        for i in range(len(order)):
            for j in range(i + 1, len(order)):
                order[i], order[j] = order[j], order[i]
                new = (F * D[np.ix_(order, order)]).sum() - P[places, order].sum()
                if new < current:
                    current = new
                else:
                    order[i], order[j] = order[j], order[i]
        if current == before:
            break
    return [int(place) for place in order]
