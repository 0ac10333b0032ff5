"""The same key twice: a check may read one and a use the other.

Must be observed: a violation.
Source: strop's own list of cases.
"""

import time

from frames import HEADER, write

CASES = (
    b'{"returned":1,"returned":2}',
    b'{"returned":{"a":1,"a":2}}',
)
CASE = 0
NUMBERS = (43,)
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "given twice"}


def attack(targets):
    text = CASES[CASE]
    write(4, HEADER.pack(len(text), 0) + text)
    time.sleep(60)
