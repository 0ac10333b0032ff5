"""Choose on which processors the parent runs, and by which rules we do.

Must be observed: errors. Source: strop's own list of cases, `sched_setaffinity`.
"""

import os

NUMBERS = (143,)
ROLE = "solution"


def attack(targets):
    done = []
    for name, act in {
        "affinity of the parent": lambda: os.sched_setaffinity(os.getppid(), os.sched_getaffinity(0)),
        "own affinity": lambda: os.sched_setaffinity(0, os.sched_getaffinity(0)),
        "scheduler": lambda: os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0)),
    }.items():
        try:
            act()
        except OSError:
            continue
        done.append(name)
    return f"set {done}" if done else None
