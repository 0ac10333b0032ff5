"""Place the nodes one after the other on the side where they cut more weight.

shape: partition
grade: mediocre
"""
import numpy as np


def partition(weights):
    """One greedy pass in the given order."""
    matrix = np.asarray(weights, dtype=float)
    matrix = matrix + matrix.T
    signs = np.zeros(len(matrix))
    for node in range(len(matrix)):
        signs[node] = -1.0 if matrix[node] @ signs > 0 else 1.0
    return [int(sign > 0) for sign in signs]
