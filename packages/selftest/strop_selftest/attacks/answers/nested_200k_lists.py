"""Two hundred thousand lists, one in the other.

Must be observed: a violation; the host's stack holds.
Source: strop's own list of cases.
"""

import time

from frames import HEADER, write

CASES = ("lists", "objects")
CASE = 0
NUMBERS = (42,)
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "deeper"}


def attack(targets):
    lists = b'{"returned":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    objects = b'{"returned":' + b'{"__pairs__":["a",' * 70 + b"1" + b"]}" * 70 + b"}"
    text = (lists, objects)[CASE]
    write(4, HEADER.pack(len(text), 0) + text)
    time.sleep(60)
