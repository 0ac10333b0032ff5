"""Order the nodes by their total weight and put them on the two sides in turn.

shape: partition
grade: mediocre
"""
import numpy as np


def partition(weights):
    """Alternate by degree."""
    matrix = np.asarray(weights, dtype=float)
    sides = np.zeros(len(matrix), dtype=int)
    sides[np.argsort(-(matrix.sum(axis=0) + matrix.sum(axis=1)), kind="stable")[::2]] = 1
    return sides.tolist()
