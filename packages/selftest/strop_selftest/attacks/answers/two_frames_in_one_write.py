"""A second answer, a stray byte or a request behind the answer: whichever the host took, the other would wait for the next call.

Must be observed: a violation.
Source: strop's own list of cases.
"""

import time

from frames import HEADER, write

CASES = (
    b'\x0e\0\0\0\0\0\0\0{"returned":2}',
    b"x",
    b'\x26\0\0\0\0\0\0\0{"request":1,"method":"x","params":[]}',
)
CASE = 0
NUMBERS = (48,)
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "more was sent after the answer"}


def attack(targets):
    write(4, HEADER.pack(14, 0) + b'{"returned":1}' + CASES[CASE])
    time.sleep(60)
