"""Start a program with posix_spawn, which does not call fork.

Must be observed: an error. Source: strop's own list of cases, `posix_spawn`.
"""

import os
import sys

NUMBERS = (73,)
ROLE = "solution"


def attack(targets):
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", ""], {})
    return f"ran with status {os.waitpid(pid, 0)[1]}"
