"""Exceptions with fields that are missing or of other types.

Must be observed: a violation.
Source: our own find.
"""

import time

from frames import encode, write

CASES = (
    ["raised", "E", "m"],
    ["raised", 1, "m", ""],
    ["raised", "E"],
)
CASE = 0
NUMBERS = ()
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "unknown or malformed"}


def attack(targets):
    write(4, encode(CASES[CASE]))
    time.sleep(60)
