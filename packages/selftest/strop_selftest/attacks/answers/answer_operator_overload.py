"""A partition that answers every question about itself in its own favour.

Must be observed: an object does not cross: it ends as the program's own exception.
Source: the published implementation; a pull request to human-eval (67) shows the same with an overridden `__eq__`.
"""

CASES = ("object", "list subclass", "elements")
CASE = 0
NUMBERS = (31,)
ROLE = "answer"
TASK = "maxcut"
CONTROL = "architecture"
OBSERVED = {"verdict": ("raised", "malformed"), "value": 0.0}


class Different:
    def __eq__(self, other):
        return False

    def __ne__(self, other):
        return True

    def __gt__(self, other):
        return True

    def __float__(self):
        return float("nan")

    __hash__ = None


class Partition:
    def __init__(self, size):
        self._size = size

    def __len__(self):
        return self._size

    def __getitem__(self, index):
        return Different()


class Labels(list):
    def __getitem__(self, index):
        return Different()

    def __iter__(self):
        return (Different() for _ in range(len(self)))


def algorithm(adjacency_matrix):
    size = len(adjacency_matrix)
    return (Partition(size), Labels([Different()] * size), [Different() for _ in range(size)])[CASE]
