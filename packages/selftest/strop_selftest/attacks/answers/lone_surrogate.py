"""A text that cannot be written to a file, as a value and as a key.

Must be observed: a violation.
Source: strop's own list of cases.
"""

import time

from frames import HEADER, write

CASES = (
    b'["s",3]',
    b'["D",["s",3],1]',
)
CASE = 0
NUMBERS = (44,)
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "surrogate"}


def attack(targets):
    write(4, framed(b'["l",["s",8],%b]' % CASES[CASE], b"returned\xed\xa0\x80"))
    time.sleep(60)


def framed(document, contents=b"returned"):
    """A frame with a message of this document and these contents."""
    data = len(document).to_bytes(4, "little") + document + contents
    return HEADER.pack(len(data), 0) + data
