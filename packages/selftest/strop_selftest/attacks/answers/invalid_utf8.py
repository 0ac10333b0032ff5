"""An answer whose text is not UTF-8.

Must be observed: a violation.
Source: strop's own list of cases.
"""

import time

from frames import HEADER, write

CASES = (
    b"\xff\xfe",
    b"\xed\xa0",
)
CASE = 0
NUMBERS = (45,)
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "UnicodeDecodeError"}


def attack(targets):
    write(4, framed(b'["l",["s",8],["s",2]]', b"returned" + CASES[CASE]))
    time.sleep(60)


def framed(document, contents=b"returned"):
    """A frame with a message of this document and these contents."""
    data = len(document).to_bytes(4, "little") + document + contents
    return HEADER.pack(len(data), 0) + data
