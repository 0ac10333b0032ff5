"""Loop while the program is loaded, before its entry point is called.

Must be observed: killed at the limit: loading is part of the call. Source: DMOJ issue 318, a compile step outside the
sandbox.
"""

import time

NUMBERS = (61,)
ROLE = "solution"
LIMITS = {"cpu_seconds": 0.1}
OBSERVED = {"outcome": "TimedOut"}

until = time.process_time() + 1
while time.process_time() < until:
    pass


def attack(targets):
    return "looped"
