"""Send the first half of an answer, and nothing more.

Must be observed: killed at the limit of wall time; half an answer is none. Source: shisad issue 132, a reader that
waited for the rest.
"""

import os
import time

from frames import encode

NUMBERS = (65,)
ROLE = "solution"
LIMITS = {"wall_seconds": 0.1}
CONTROL = "architecture"
CONTROL_LIMITS = {"wall_seconds": 0.1}
OBSERVED = {"outcome": "TimedOut"}


def attack(targets):
    os.write(4, encode(["returned", "x" * 100])[:50])
    time.sleep(60)
    return "slept"
