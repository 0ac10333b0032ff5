"""Change the priority of the parent, and of its whole group.

Must be observed: errors. Source: strop's own list of cases, `renice`.
"""

import os

NUMBERS = (142,)
ROLE = "solution"


def attack(targets):
    done = []
    for which, who in ((os.PRIO_PROCESS, os.getppid()), (os.PRIO_PGRP, 0)):
        try:
            os.setpriority(which, who, os.getpriority(which, who))
        except OSError:
            continue
        done.append(which)
    return f"set {done}" if done else None
