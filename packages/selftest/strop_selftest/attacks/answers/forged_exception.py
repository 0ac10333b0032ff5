"""Exceptions with fields that are missing or of other types.

Must be observed: a violation.
Source: our own find.
"""

import time

from frames import HEADER, write

CASES = (
    b'{"raised":{"exception":"E","message":"m"}}',
    b'{"raised":{"exception":1,"message":"m","traceback":""}}',
    b'{"raised":"E"}',
)
CASE = 0
NUMBERS = ()
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "malformed exception"}


def attack(targets):
    text = CASES[CASE]
    write(4, HEADER.pack(len(text), 0) + text)
    time.sleep(60)
