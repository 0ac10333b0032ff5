"""Compare objects that are nested so deeply that the code that walks them, written in C, has no stack left.

Must be observed: an exception or the end of the guest alone. Source: strop's own list of cases, `exit_codes`.
"""

import sys

NUMBERS = (80,)
ROLE = "solution"
CONTROL = "architecture"
OBSERVED = {"outcome": ("Raised", "Died", "OutOfMemory")}


def attack(targets):
    sys.setrecursionlimit(10**9)
    one, other = [], []
    for _ in range(2 * 10**5):
        one, other = [one], [other]
    return one == other
