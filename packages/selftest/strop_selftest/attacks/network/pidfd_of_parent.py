"""Take hold of the parent by a descriptor, and of a descriptor of the parent's.

Must be observed: errors. Source: strop's own list of cases, `pidfd_open`, `pidfd_getfd`.
"""

import ctypes
import os

NUMBERS = (140,)
ROLE = "solution"
PIDFD_GETFD = 438


def attack(targets):
    descriptor = os.pidfd_open(os.getppid())
    taken = ctypes.CDLL(None).syscall(PIDFD_GETFD, descriptor, 0, 0)
    return "opened the parent" + (" and took a descriptor of it" if taken >= 0 else "")
