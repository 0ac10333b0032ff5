"""Answer by writing to the pipe itself, then live on and hold the pipe.

Must be observed: the answer counts, nobody waits for the pipe to close, and no process is left. Source: shisad issue
132.
"""

import os
import time

from frames import encode

NUMBERS = (66,)
ROLE = "solution"
CONTROL = "architecture"
OBSERVED = {"outcome": "Returned"}


def attack(targets):
    os.write(4, encode(["returned", None]))
    time.sleep(5)
    return "slept"
