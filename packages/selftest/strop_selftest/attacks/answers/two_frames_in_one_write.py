"""A second answer, a stray byte or a request behind the answer: whichever the host took, the other would wait for the next call.

Must be observed: a violation.
Source: strop's own list of cases.
"""

import time

from frames import encode, write

CASES = (
    encode(["returned", 2]),
    b"x",
    encode(["request", 1, "x", [], False]),
)
CASE = 0
NUMBERS = (48,)
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "more was sent after the answer"}


def attack(targets):
    write(4, encode(["returned", 1]) + CASES[CASE])
    time.sleep(60)
