"""Split the nodes by the sign of the matrix's lowest eigenvector.

shape: partition
grade: good
"""
import numpy as np


def partition(weights):
    """Spectral relaxation of the largest cut."""
    matrix = np.asarray(weights, dtype=float)
    _, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    return [int(entry > 0) for entry in vectors[:, 0]]
