"""An array's header that claims eight terabytes, and one item more than was sent.

Must be observed: a violation; nothing of that size is made room for.
Source: strop's own list of cases.
"""

import time

from frames import HEADER, write

CASES = (
    b'{"returned":{"__nd__":["<f8",[1099511627776]]}}',
    b'{"returned":{"__nd__":["<f8",[1048576,1048576]]}}',
    b'{"returned":{"__nd__":["<f8",[0,4611686018427387904,4611686018427387904]]}}',
    b'{"returned":{"__nd__":["<f8",[1]]}}',
)
CASE = 0
NUMBERS = (46,)
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated", "reason": "larger than the data"}


def attack(targets):
    text = CASES[CASE]
    write(4, HEADER.pack(len(text), 0) + text)
    time.sleep(60)
