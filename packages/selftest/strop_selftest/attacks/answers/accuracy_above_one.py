"""Predictions as a column, for a scorer that falls for it: an accuracy of ten.

Must be observed: malformed, because the original gives a list of numbers; the scorer never sees it.
Source: the paper, section 6.3: such a number was taken for a success.
"""

NUMBERS = (24,)
ROLE = "answer"
TASK = "careless"
CONTROL = "architecture"
OBSERVED = {"verdict": "malformed", "error": "answer[0] is a list", "value": 0.0}


def algorithm(count):
    return [[index % 2] for index in range(count)]
