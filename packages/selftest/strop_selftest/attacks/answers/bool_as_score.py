"""A truth value where a number is asked for.

Must be observed: it arrives as a truth value, not as 1: a task that wants numbers can tell.
Source: strop's own list of cases: exact types are kept, the task's declaration decides.
"""

NUMBERS = (39,)
ROLE = "answer"
TASK = "typed"
CONTROL = "architecture"
OBSERVED = {"verdict": "malformed", "error": "not a bool", "value": 0.0}


def algorithm(n):
    return True
