"""Return a text that cannot be written to a file, in a frame of its own making.

Must be observed: a violation of the protocol.
Source: strop's own list of cases.
"""

import time

from frames import HEADER, write

NUMBERS = (20,)
ROLE = "improver"
CONTROL = "architecture"
OBSERVED = {"outcome": "violated", "reason": "surrogate"}


def improve_algorithm(initial_solution, utility, language_model):
    text = b'{"returned":"x = \\ud800"}'
    write(4, HEADER.pack(len(text), 0) + text)
    time.sleep(60)
