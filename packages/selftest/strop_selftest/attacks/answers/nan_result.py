"""NaN as the answer, where a comparison with it would be false or true as it suits.

Must be observed: it ends as the program's own exception.
Source: strop's own list of cases.
"""

import numpy as np

CASES = ("float", "numpy", "array", "in a list")
CASE = 0
NUMBERS = (35,)
ROLE = "answer"
TASK = "echo"
CONTROL = "architecture"
OBSERVED = {"verdict": "raised", "error": "not finite", "value": 0.0}


def algorithm(n):
    return (float("nan"), np.float64("nan"), np.array(np.nan), [0.5, float("nan")])[CASE]
