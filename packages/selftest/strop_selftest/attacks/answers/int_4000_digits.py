"""An integer of more than four thousand digits: its text would take the host long, and Python refuses to make it.

Must be observed: it ends as the program's own exception.
Source: strop's own list of cases.
"""

CASES = ("10**4000", "-(10**5000)", "1 << 100_000")
CASE = 0
NUMBERS = (40,)
ROLE = "answer"
TASK = "doubling"
CONTROL = "architecture"
OBSERVED = {"verdict": "raised", "error": "cannot send an integer of", "value": 0.0}


def algorithm(n):
    return (10**4000, -(10**5000), 1 << 100_000)[CASE]
