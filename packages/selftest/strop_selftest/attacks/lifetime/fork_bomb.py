"""Fork again and again.

Must be observed: not one process more than before. Source: every fork bomb; strop's own list of cases, `fork_bomb`.
"""

import os
import time

NUMBERS = (78,)
ROLE = "solution"


def attack(targets):
    forked = 0
    for _ in range(20):
        try:
            pid = os.fork()
        except OSError:
            continue
        if pid == 0:
            time.sleep(5)
            os._exit(0)
        forked += 1
    return f"forked {forked} times" if forked else None
