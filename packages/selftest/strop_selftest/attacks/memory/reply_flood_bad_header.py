"""Claim an answer of 4 GiB and begin to send it.

Must be observed: a violation as soon as the header is read: nothing is allocated for it. Source: strop's own list of cases,
`reply_flood_bad_header`.
"""

import os

NUMBERS = (91,)
ROLE = "solution"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated"}


def attack(targets):
    os.write(4, b"\xff" * 8)
    while True:
        os.write(4, b"x" * 65536)
