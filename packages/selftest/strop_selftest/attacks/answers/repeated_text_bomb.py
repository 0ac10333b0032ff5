"""A frame of a hundred bytes that unfolds to a hundred million texts.

Must be observed: a violation, before it is unfolded.
Source: our own find, in our own envelope for repeated texts.
"""

import time

from frames import HEADER, write

CASES = (
    b'{"returned":{"__times__":["a",100000000]}}',
    b'{"returned":[{"__times__":["a",900000]},{"__times__":["a",900000]}]}',
)
CASE = 0
NUMBERS = ()
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "nodes"}


def attack(targets):
    text = CASES[CASE]
    write(4, HEADER.pack(len(text), 0) + text)
    time.sleep(60)
