"""An array's header that claims eight terabytes, and one item more than was sent.

Must be observed: a violation; nothing of that size is made room for.
Source: strop's own list of cases.
"""

import time

from frames import HEADER, write

CASES = (
    b'["a",0,"<f8","C",1099511627776]',
    b'["a",0,"<f8","C",1048576,1048576]',
    b'["a",0,"<f8","C",0,4611686018427387904,4611686018427387904]',
    b'["a",8,"<f8","C",1]',
)
CASE = 0
NUMBERS = (46,)
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "not plain data"}


def attack(targets):
    write(4, framed(b'["l",["s",8],%b]' % CASES[CASE]))
    time.sleep(60)


def framed(document, contents=b"returned"):
    """A frame with a message of this document and these contents."""
    data = len(document).to_bytes(4, "little") + document + contents
    return HEADER.pack(len(data), 0) + data
