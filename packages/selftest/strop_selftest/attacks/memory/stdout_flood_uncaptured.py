"""Write to standard output below Python, long after nobody reads it any more.

Must be observed: no more than the limit is kept, no wait for ever, and the answer after it counts. Source: inspect_ai's
output limits.
"""

import contextlib
import os

NUMBERS = (90,)
ROLE = "solution"
CONTROL = "architecture"
OBSERVED = {"outcome": "Returned"}


def attack(targets):
    for _ in range(1024):
        with contextlib.suppress(OSError):
            os.write(1, b"x" * 65536)
