"""Signal every process that may be signalled.

Must be observed: an error, and nobody hears of it. Source: strop's own list of cases, `kill_-1`.
"""

import os
import signal
import time

NUMBERS = (134,)
ROLE = "solution"


def attack(targets):
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    os.kill(-1, signal.SIGUSR1)
    time.sleep(0.05)
    return "signalled everybody"
