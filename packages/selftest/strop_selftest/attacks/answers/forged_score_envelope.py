"""A score of its own beside the answer, or instead of it.

Must be observed: a violation: a guest has no word for a score.
Source: the paper, section 6.3; strop's own list of cases.
"""

import time

from frames import HEADER, write

CASES = (
    b'{"returned":1,"score":1.0}',
    b'{"returned":1,"verdict":"ok"}',
    b'{"score":1.0}',
    b'{"ok":1}',
    b'{"memory":false}',
    b"{}",
)
CASE = 0
NUMBERS = (49,)
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "unknown message"}


def attack(targets):
    text = CASES[CASE]
    write(4, HEADER.pack(len(text), 0) + text)
    time.sleep(60)
