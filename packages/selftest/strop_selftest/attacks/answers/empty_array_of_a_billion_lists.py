"""A frame of sixty bytes whose array holds nothing, and is a billion empty lists where a reader takes it for lists.

Must be observed: a violation, before a list is made.
Source: our own find: 40 million such lists took the host a minute and 3 GiB, whatever answer the task had declared.
"""

import time

from frames import HEADER, write

CASES = (
    b'["a",0,"|i1","C",1073741824,0]',
    b'["l",["a",0,"|i1","C",1073741824,0]]',
    b'["D",["s",0],["a",0,"<f8","C",1024,1048576,0]]',
)
CASE = 0
NUMBERS = ()
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "more items than allowed"}


def attack(targets):
    write(4, framed(b'["l",["s",8],%b]' % CASES[CASE]))
    time.sleep(60)


def framed(document, contents=b"returned"):
    """A frame with a message of this document and these contents."""
    data = len(document).to_bytes(4, "little") + document + contents
    return HEADER.pack(len(data), 0) + data
