"""Two hundred thousand lists, one in the other.

Must be observed: a violation; the host's stack holds.
Source: strop's own list of cases.
"""

import time

from frames import HEADER, write

CASES = (("l", 200_000), ("l", 70), ("D", 70))
CASE = 0
NUMBERS = (42,)
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "deeper"}


def attack(targets):
    tag, times = CASES[CASE]
    begin = b'["l",' if tag == "l" else b'["D",1,'
    write(4, framed(b'["l",["s",8],' + begin * times + b"1" + b"]" * times + b"]"))
    time.sleep(60)


def framed(document, contents=b"returned"):
    """A frame with a message of this document and these contents."""
    data = len(document).to_bytes(4, "little") + document + contents
    return HEADER.pack(len(data), 0) + data
