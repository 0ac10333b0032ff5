"""Signal every process of our group: the fork server is in it.

Must be observed: an error, and nobody hears of it. Source: strop's own list of cases, `kill_0`.
"""

import os
import signal
import time

NUMBERS = (135,)
ROLE = "solution"


def attack(targets):
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    os.kill(0, signal.SIGUSR1)
    time.sleep(0.05)
    return "signalled the group"
