"""A text that cannot be written to a file, as a value and as a key.

Must be observed: a violation.
Source: strop's own list of cases.
"""

import time

from frames import HEADER, write

CASES = (
    b'{"returned":"\\ud800"}',
    b'{"returned":{"\\udfff":1}}',
)
CASE = 0
NUMBERS = (44,)
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "surrogate"}


def attack(targets):
    text = CASES[CASE]
    write(4, HEADER.pack(len(text), 0) + text)
    time.sleep(60)
