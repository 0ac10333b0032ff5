"""Flip nodes by tabu search: always take the best flip that is not forbidden, and remember the best cut seen.

shape: partition
grade: good
"""
import numpy as np


def partition(weights):
    """One-flip tabu search, 1500 flips."""
    matrix = np.asarray(weights, dtype=float)
    matrix = (matrix + matrix.T) / 2
    size = len(matrix)
    generator = np.random.default_rng(0)
    signs = generator.choice([-1.0, 1.0], size)
    field = matrix @ signs
    free = np.zeros(size)
    current = highest = 0.0
    best = signs.copy()
    tenures = generator.integers(5, 6 + size // 10, 1500)
    for step in range(1500):
        gains = np.where(free <= step, signs * field, -np.inf)
        node = int(np.argmax(gains))
        current += signs[node] * field[node]
        signs[node] = -signs[node]
        field += 2 * signs[node] * matrix[:, node]
        free[node] = step + tenures[step]
        if current > highest:
            highest, best = current, signs.copy()
    return [int(sign > 0) for sign in best]
