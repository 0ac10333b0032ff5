"""Fork, once.

Must be observed: an error, and no process more than before. Source: every fork bomb starts with one.
"""

import os
import time


def attack(targets):
    pid = os.fork()
    if pid == 0:
        time.sleep(5)
        os._exit(0)
    return f"forked {pid}"
