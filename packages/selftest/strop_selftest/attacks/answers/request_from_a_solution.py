"""A solution that asks for what only an improver is offered.

Must be observed: a violation: there is no such method for it.
Source: our own find.
"""

import time

from frames import HEADER, write

CASES = (
    b'{"request":1,"method":"lm","params":["e",["m"],0.7]}',
    b'{"request":1,"method":"utility","params":["x",[]]}',
    b'{"request":1,"method":"note","params":["a","b"]}',
)
CASE = 0
NUMBERS = ()
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "unknown method"}


def attack(targets):
    text = CASES[CASE]
    write(4, HEADER.pack(len(text), 0) + text)
    time.sleep(60)
