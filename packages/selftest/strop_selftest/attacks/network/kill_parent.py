"""Kill the parent, the fork server.

Must be observed: an error to the guest, and a server that goes on serving. Source: strop's own list of cases, `kill_parent`.
"""

import os
import signal

NUMBERS = (132,)
ROLE = "solution"


def attack(targets):
    os.kill(os.getppid(), signal.SIGKILL)
    return "killed"
