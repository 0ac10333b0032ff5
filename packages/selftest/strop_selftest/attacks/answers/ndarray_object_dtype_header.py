"""Arrays of types whose elements act when the host touches them, or that claim what was not sent.

Must be observed: a violation.
Source: strop's own list of cases; an array of objects is a pickle.
"""

import time

from frames import HEADER, write

CASES = tuple(b'["a",0,"%b","C",0]' % name for name in b"|O O <U8 |S8 |V8 <M8[s] <f16 f8,O".split())
CASE = 0
NUMBERS = (47,)
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "an array's type"}


def attack(targets):
    write(4, framed(b'["l",["s",8],%b]' % CASES[CASE]))
    time.sleep(60)


def framed(document, contents=b"returned"):
    """A frame with a message of this document and these contents."""
    data = len(document).to_bytes(4, "little") + document + contents
    return HEADER.pack(len(data), 0) + data
