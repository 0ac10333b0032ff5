"""Send an answer byte by byte, slowly enough to keep a patient reader for ever.

Must be observed: killed at the limit of wall time. Source: strop's own list of cases, `slow_drip_reply`.
"""

import os
import time

from frames import encode

NUMBERS = (71,)
ROLE = "solution"
LIMITS = {"wall_seconds": 0.2}
CONTROL = "architecture"
CONTROL_LIMITS = {"wall_seconds": 0.2}
OBSERVED = {"outcome": "TimedOut"}


def attack(targets):
    for byte in encode(["returned", "x" * 100]):
        os.write(4, bytes([byte]))
        time.sleep(0.01)
    time.sleep(5)
