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
    write(4, framed(b'["l",["s",8],["s",7]]', b"returnedx = \xed\xa0\x80"))
    time.sleep(60)


def framed(document, contents=b"returned"):
    """A frame with a message of this document and these contents."""
    data = len(document).to_bytes(4, "little") + document + contents
    return HEADER.pack(len(data), 0) + data
