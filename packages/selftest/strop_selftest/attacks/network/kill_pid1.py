"""Kill process 1: the machine's, or the fork server where that is process 1 for us.

Must be observed: an error to the guest, and a server that goes on serving. Source: strop's own list of cases, `kill_pid1`.
"""

import os
import signal

NUMBERS = (133,)
ROLE = "solution"


def attack(targets):
    os.kill(1, signal.SIGUSR1 if targets["pid"] == 1 else 0)
    return "may signal process 1"
