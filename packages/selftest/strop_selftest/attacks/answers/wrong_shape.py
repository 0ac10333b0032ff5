"""Answers of shapes that numpy would stretch to fit: one value for all, squares, a row too many, nothing at all.

Must be observed: malformed, before any arithmetic.
Source: the paper, section 6.3.
"""

import numpy as np

CASES = ("one", "square", "more", "fewer", "none", "three axes", "2 x 10", "ragged", "text", "dict", "None", "bool")
CASE = 0
NUMBERS = (23,)
ROLE = "answer"
TASK = "lpn"
CONTROL = "architecture"
OBSERVED = {"verdict": "malformed", "value": 0.0}


def algorithm(train_samples, train_parity, test_samples):
    return {
        "one": [1],
        "square": np.ones((20, 20), dtype=np.int64),
        "more": [1] * 21,
        "fewer": [1] * 19,
        "none": [],
        "three axes": np.ones((20, 1, 1), dtype=np.int64),
        "2 x 10": np.ones((2, 10), dtype=np.int64),
        "ragged": [[1]] * 19 + [[1, 1]],
        "text": "1" * 20,
        "dict": {str(index): 1 for index in range(20)},
        "None": None,
        "bool": True,
    }[CASES[CASE]]
