"""An array of objects whose `__eq__` says yes.

Must be observed: it does not cross: it ends as the program's own exception.
Source: the published implementation: such predictions score 100 %.
"""

import numpy as np

NUMBERS = (32,)
ROLE = "answer"
TASK = "lpn"
CONTROL = "architecture"
OBSERVED = {"verdict": "raised", "value": 0.0}


class Right:
    def __eq__(self, other):
        return True

    __hash__ = None


def algorithm(train_samples, train_parity, test_samples):
    return np.array([Right() for _ in test_samples], dtype=object)
