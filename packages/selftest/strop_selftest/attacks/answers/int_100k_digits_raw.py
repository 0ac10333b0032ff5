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
OBSERVED = {"outcome": "Violated", "reason": "not plain data"}


def attack(targets):
    write(4, framed(b'["l",["s",8],1' + b"0" * CASES[CASE] + b"]"))
    time.sleep(60)


def framed(document, contents=b"returned"):
    """A frame with a message of this document and these contents."""
    data = len(document).to_bytes(4, "little") + document + contents
    return HEADER.pack(len(data), 0) + data
