"""A solution that asks for what only an improver is offered.

Must be observed: a violation: there is no such method for it.
Source: our own find.
"""

import time

from frames import encode, write

CASES = (
    ["request", 1, "lm", ["e", ["m"], 0.7], False],
    ["request", 1, "utility", ["x", []], False],
    ["request", 1, "note", ["a", "b"], False],
)
CASE = 0
NUMBERS = ()
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "unknown method"}


def attack(targets):
    write(4, encode(CASES[CASE]))
    time.sleep(60)
