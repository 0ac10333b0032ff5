"""Numbers that are not finite, past the guest's own check: 1e999 becomes one behind the parser's back.

Must be observed: a violation; no such number reaches an arithmetic of the host.
Source: strop's own list of cases; NaN labels of a partition score 1.0 under the published rule.
"""

import time

from frames import HEADER, write

CASES = (
    b'{"returned":NaN}',
    b'{"returned":Infinity}',
    b'{"returned":-Infinity}',
    b'{"returned":1e999}',
    b'{"returned":-1e999}',
    b'{"returned":[1, 1e400]}',
)
CASE = 0
NUMBERS = (37,)
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "not finite"}


def attack(targets):
    text = CASES[CASE]
    write(4, HEADER.pack(len(text), 0) + text)
    time.sleep(60)
