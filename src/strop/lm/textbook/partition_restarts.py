"""Climb by single flips from many random partitions and keep the largest cut.

shape: partition
grade: good
"""
import numpy as np


def partition(weights):
    """Steepest ascent from eight random starts."""
    matrix = np.asarray(weights, dtype=float)
    matrix = (matrix + matrix.T) / 2
    generator = np.random.default_rng(0)
    best, lowest = np.ones(len(matrix)), np.inf
    for _ in range(8):
        signs = generator.choice([-1.0, 1.0], len(matrix))
        field = matrix @ signs
        for _ in range(4 * len(matrix)):
            gains = signs * field
            node = int(np.argmax(gains))
            if gains[node] <= 1e-9:
                break
            signs[node] = -signs[node]
            field += 2 * signs[node] * matrix[:, node]
        inside = signs @ field
        if inside < lowest:
            best, lowest = signs, inside
    return [int(sign > 0) for sign in best]
