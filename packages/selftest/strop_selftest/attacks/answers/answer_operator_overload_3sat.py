"""An assignment that is true of a variable and of its negation.

Must be observed: an object does not cross: it ends as the program's own exception.
Source: the published implementation: `assignment[index] > 0` is asked of the solution's own object.
"""

NUMBERS = (31,)
ROLE = "answer"
TASK = "3sat"
CONTROL = "architecture"
OBSERVED = {"verdict": "raised", "value": 0.0}


class Both:
    def __gt__(self, other):
        return self

    def __eq__(self, other):
        return True

    def __bool__(self):
        return True

    __hash__ = None


class Assignment:
    def __getitem__(self, index):
        return Both()

    def __len__(self):
        return 51


def algorithm(formula):
    return Assignment()
