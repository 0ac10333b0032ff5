"""An integer of thousands of digits, which costs the host the square of them to read.

Must be observed: a violation, before it is read as a number.
Source: strop's own list of cases.
"""

import time

from frames import HEADER, write

CASES = (20, 21, 4000, 100_000)
CASE = 0
NUMBERS = (41,)
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "outside 64 bits"}


def attack(targets):
    text = b'{"returned":1' + b"0" * CASES[CASE] + b"}"
    write(4, HEADER.pack(len(text), 0) + text)
    time.sleep(60)
