"""An answer whose text is not UTF-8.

Must be observed: a violation.
Source: strop's own list of cases.
"""

import time

from frames import HEADER, write

CASES = (
    b'{"returned":"\xff\xfe"}',
    b'{"returned":"\xed\xa0\x80"}',
)
CASE = 0
NUMBERS = (45,)
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "not UTF-8"}


def attack(targets):
    text = CASES[CASE]
    write(4, HEADER.pack(len(text), 0) + text)
    time.sleep(60)
