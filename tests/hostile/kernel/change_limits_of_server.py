"""Change limits and priority of the parent.

Must be observed: errors. Source: the field study's `prlimit_parent`, `renice`.
"""

import os
import resource


def attack(targets):
    done = []
    try:
        resource.prlimit(os.getppid(), resource.RLIMIT_CORE, (0, 0))
        done.append("prlimit")
    except OSError:
        pass
    try:
        os.setpriority(os.PRIO_PROCESS, os.getppid(), 1)
        done.append("setpriority")
    except OSError:
        pass
    try:
        os.close(os.pidfd_open(os.getppid()))
        done.append("pidfd_open")
    except OSError:
        pass
    return f"did {done}" if done else None
