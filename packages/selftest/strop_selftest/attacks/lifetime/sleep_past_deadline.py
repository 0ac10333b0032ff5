"""Do nothing for a minute where 0.1 s of wall time are allowed, with every clock of the guest's turned back.

Must be observed: killed at the limit, by the host's clock. Source: STOP's `modified-qap` adds elapsed time to the
score.
"""

import time

NUMBERS = (60,)
ROLE = "solution"
LIMITS = {"wall_seconds": 0.1}


def attack(targets):
    really_sleep = time.sleep
    time.time = time.monotonic = time.perf_counter = time.process_time = lambda: 0.0
    really_sleep(60 if targets["confined"] else 1)
    return "slept"
