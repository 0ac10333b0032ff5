"""Draw many random permutations and keep the one of the highest value.

shape: assignment
grade: mediocre
"""
import numpy as np


def assign(F, D, P):
    """The best of 500 random permutations."""
    F, D, P = (np.asarray(matrix, dtype=float) for matrix in (F, D, P))
    places = np.arange(len(F))
    orders = [np.random.permutation(len(F)) for _ in range(500)]
    values = [(F * D[np.ix_(order, order)]).sum() - P[places, order].sum() for order in orders]
    return [int(place) for place in orders[int(np.argmax(values))]]
