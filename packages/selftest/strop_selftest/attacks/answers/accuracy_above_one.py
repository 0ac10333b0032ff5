"""Predictions as a column, for a scorer that falls for it: an accuracy of ten.

Must be observed: the evaluation stops as an error of the task, with an audit note; no score is recorded.
Source: the paper, section 6.3: such a number was taken for a success.
"""

NUMBERS = (24,)
ROLE = "answer"
TASK = "careless"
CONTROL = "architecture"
OBSERVED = {"raises": "UtilityOutOfBounds", "audit": {"R007": 1}}


def algorithm(count):
    return [[index % 2] for index in range(count)]
