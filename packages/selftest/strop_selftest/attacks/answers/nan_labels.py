"""A partition of labels that differ from everything, themselves included.

Must be observed: it ends as the program's own exception; sent past the guest's check it is a violation (raw_1e999).
Source: the published implementation: NaN labels cut every edge and score 1.0.
"""

import numpy as np

CASES = ("list", "array", "float32", "masked", "complex")
CASE = 0
NUMBERS = (28,)
ROLE = "answer"
TASK = "maxcut"
CONTROL = "architecture"
OBSERVED = {"verdict": ("raised", "malformed"), "value": 0.0}


def algorithm(adjacency_matrix):
    labels = np.full(len(adjacency_matrix), np.nan)
    return {
        "list": labels.tolist(),
        "array": labels,
        "float32": labels.astype(np.float32),
        "masked": np.ma.masked_invalid(labels),
        "complex": labels.astype(complex),
    }[CASES[CASE]]
