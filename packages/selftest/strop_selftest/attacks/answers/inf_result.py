"""Infinity as the answer.

Must be observed: it ends as the program's own exception.
Source: strop's own list of cases.
"""

import numpy as np

CASES = ("inf", "-inf", "numpy", "1e999")
CASE = 0
NUMBERS = (36,)
ROLE = "answer"
TASK = "echo"
CONTROL = "architecture"
OBSERVED = {"verdict": "raised", "error": "not finite", "value": 0.0}


def algorithm(n):
    return (float("inf"), float("-inf"), np.array(np.inf), 1e999)[CASE]
