"""A frame whose header claims gigabytes.

Must be observed: a violation, before a byte of it is kept.
Source: our own find.
"""

import time

from frames import write

CASES = (b"\xff" * 8, b"\xff\xff\xff\xff\0\0\0\0", b"\x09\0\0\0\xff\xff\xff\xff", b"GET / HT")
CASE = 0
NUMBERS = ()
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "allowed"}


def attack(targets):
    write(4, CASES[CASE])
    time.sleep(60)
