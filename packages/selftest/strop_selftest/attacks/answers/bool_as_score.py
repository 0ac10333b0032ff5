"""A truth value where a whole number is asked for.

Must be observed: the scorer gets the whole number 1, of exactly the type int, because the original gives a whole number; it never
sees a truth value. Source: strop's own list of cases: the original's answer, or the task's declaration, decides on exact types.
"""

NUMBERS = (39,)
ROLE = "answer"
TASK = "typed"
CONTROL = "architecture"
OBSERVED = {"verdict": "ok", "value": 1.0}


def algorithm(n):
    return True
