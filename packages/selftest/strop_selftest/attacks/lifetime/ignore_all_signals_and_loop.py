"""Ignore every signal that can be ignored, and loop.

Must be observed: killed at the limit. Source: strop's own list of cases, `ignore_all_signals_and_loop`.
"""

import contextlib
import signal
import time

NUMBERS = (62,)
ROLE = "solution"
LIMITS = {"cpu_seconds": 0.1}


def attack(targets):
    for number in signal.valid_signals():
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_IGN)
    until = time.process_time() + 1
    while time.process_time() < until:
        pass
    return "looped"
