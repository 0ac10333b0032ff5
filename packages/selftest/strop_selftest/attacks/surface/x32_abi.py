"""Make a system call under the numbers of another architecture (x32), which a filter by number would not recognise.

Must be observed: the process is killed, and no answer comes. Source: the pitfall that seccomp(2) warns of.
"""

import ctypes
import os

NUMBERS = (145,)
ROLE = "solution"
CONTROL = "architecture"
OBSERVED = {"outcome": "Died"}


def attack(targets):
    if os.uname().machine == "x86_64" and ctypes.CDLL(None).syscall(0x40000000 + 39) >= 0:
        return "called"
    os.abort()  # this machine has no x32: nothing to reach
