"""Search with a tabu list: take the best exchange of two places, even a bad one, and forbid undoing it for a while.

shape: assignment
grade: good
"""
import numpy as np


def value(F, D, P, order):
    """Flow times distance, less what the facilities like about their places; higher is better."""
    return (F * D[np.ix_(order, order)]).sum() - P[np.arange(len(order)), order].sum()


def assign(F, D, P):
    """Robust tabu search for the highest value, 25 steps over all exchanges."""
    F, D, P = (np.asarray(matrix, dtype=float) for matrix in (F, D, P))
    size = len(F)
    generator = np.random.default_rng(0)
    order = generator.permutation(size)
    best, best_value = order.copy(), value(F, D, P, order)
    allowed = np.zeros((size, size), dtype=int)
    for step in range(25):
        move, move_value = None, -np.inf
        for i in range(size):
            for j in range(i + 1, size):
                order[i], order[j] = order[j], order[i]
                new = value(F, D, P, order)
                order[i], order[j] = order[j], order[i]
                if new > move_value and (step >= allowed[i, j] or new > best_value):
                    move, move_value = (i, j), new
        if move is None:
            break
        i, j = move
        order[i], order[j] = order[j], order[i]
        allowed[i, j] = step + generator.integers(5, 12)
        if move_value > best_value:
            best, best_value = order.copy(), move_value
    return [int(place) for place in best]
