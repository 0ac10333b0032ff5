"""Arrays of types whose elements act when the host touches them, or that claim what was not sent.

Must be observed: a violation.
Source: strop's own list of cases; an array of objects is a pickle.
"""

import time

from frames import HEADER, write

CASES = (
    b'{"returned":{"__nd__":["|O",[1]]}}',
    b'{"returned":{"__nd__":["O",[1]]}}',
    b'{"returned":{"__nd__":["<U8",[1]]}}',
    b'{"returned":{"__nd__":["|S8",[1]]}}',
    b'{"returned":{"__nd__":["|V8",[1]]}}',
    b'{"returned":{"__nd__":["<M8[s]",[1]]}}',
    b'{"returned":{"__nd__":["<f16",[1]]}}',
    b'{"returned":{"__nd__":["f8,O",[1]]}}',
)
CASE = 0
NUMBERS = (47,)
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "may not cross"}


def attack(targets):
    text = CASES[CASE]
    write(4, HEADER.pack(len(text), 0) + text)
    time.sleep(60)
