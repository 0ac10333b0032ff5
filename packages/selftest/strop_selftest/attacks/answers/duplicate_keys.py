"""The same key twice: a check may read one and a use the other.

Must be observed: the answer is malformed, whatever the form of the original's.
Source: strop's own list of cases.
"""

import time

from frames import HEADER, write

CASES = (
    b'["D",["s",1],1,["s",1],2]',
    b'["D",["s",1],1,["s",1],1]',
)
CASE = 0
NUMBERS = (43,)
ROLE = "answer"
TASK = "table"
CONTROL = "architecture"
OBSERVED = {"verdict": "malformed", "error": "two keys that are equal", "value": 0.0}


def algorithm(n):
    write(4, framed(b'["l",["s",8],%b]' % CASES[CASE], b"returnedaa"))
    time.sleep(60)


def framed(document, contents=b"returned"):
    """A frame with a message of this document and these contents."""
    data = len(document).to_bytes(4, "little") + document + contents
    return HEADER.pack(len(data), 0) + data
