"""Lock a file that everybody may read: another guest sees the lock. Also a record lock and a lease.

Must be observed: errors. Source: isolate 2.5 (file locks).
"""

import fcntl
import os

NUMBERS = (109,)
ROLE = "solution"
F_OFD_SETLK = 37


def attack(targets):
    done = []
    descriptor = os.open(os.__file__, os.O_RDONLY)
    for name, act in {
        "flock": lambda: fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB),
        "lockf": lambda: fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB),
        "lease": lambda: fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK),
    }.items():
        try:
            act()
        except OSError:
            continue
        done.append(name)
    return f"did {done}" if done else None
