"""A truth value where a number is asked for.

Must be observed: malformed, because the original gives a number.
Source: strop's own list of cases: exact types are kept, the task's declaration decides.
"""

NUMBERS = (39,)
ROLE = "answer"
TASK = "typed"
CONTROL = "architecture"
OBSERVED = {"verdict": "malformed", "error": "a truth value", "value": 0.0}


def algorithm(n):
    return True
