"""A frame of sixty bytes whose array holds nothing, and is a billion empty lists where a reader takes it for lists.

Must be observed: a violation, before a list is made.
Source: our own find: 40 million such lists took the host a minute and 3 GiB, whatever answer the task had declared.
"""

import time

from frames import HEADER, write

CASES = (
    b'{"returned":{"__nd__":["|i1",[1073741824,0]]}}',
    b'{"returned":[{"__nd__":["|i1",[1073741824,0]]}]}',
    b'{"returned":{"a":{"__nd__":["<f8",[1024,1048576,0]]}}}',
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
