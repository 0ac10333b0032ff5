"""Numbers that are not finite, past the guest's own check: 1e999 becomes one behind the parser's back.

Must be observed: a violation; no such number reaches an arithmetic of the host.
Source: strop's own list of cases; NaN labels of a partition score 1.0 under the published rule.
"""

import time

from frames import HEADER, write

CASES = (
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b"1e999",
    b"-1e999",
    b'["l",1,1e400]',
)
CASE = 0
NUMBERS = (37,)
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "not finite"}


def attack(targets):
    write(4, framed(b'["l",["s",8],%b]' % CASES[CASE]))
    time.sleep(60)


def framed(document, contents=b"returned"):
    """A frame with a message of this document and these contents."""
    data = len(document).to_bytes(4, "little") + document + contents
    return HEADER.pack(len(data), 0) + data
