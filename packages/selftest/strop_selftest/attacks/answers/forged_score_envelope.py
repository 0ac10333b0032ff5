"""A score of its own beside the answer, or instead of it.

Must be observed: a violation: a guest has no word for a score.
Source: the paper, section 6.3; strop's own list of cases.
"""

import time

from frames import encode, write

CASES = (
    ["returned", 1, 1.0],
    ["returned", 1, "ok"],
    ["score", 1.0],
    ["ok", 1],
    ["memory", False],
    ["", "returned", 1],
)
CASE = 0
NUMBERS = (49,)
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "unknown or malformed"}


def attack(targets):
    write(4, encode(CASES[CASE]))
    time.sleep(60)
