"""good partition: Flip the node that gains most, until no flip of a single node increases the cut."""
import numpy as np


def partition(weights):
    """Steepest ascent from one random partition."""
    matrix = np.asarray(weights, dtype=float)
    matrix = (matrix + matrix.T) / 2
    signs = np.random.default_rng(0).choice([-1.0, 1.0], len(matrix))
    field = matrix @ signs
    for _ in range(20 * len(matrix)):
        gains = signs * field
        node = int(np.argmax(gains))
        if gains[node] <= 1e-9:
            break
        signs[node] = -signs[node]
        field += 2 * signs[node] * matrix[:, node]
    return [int(sign > 0) for sign in signs]
