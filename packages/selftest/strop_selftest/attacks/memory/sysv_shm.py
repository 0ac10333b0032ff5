"""Make a shared memory segment that outlives its maker.

Must be observed: an error. Source: isolate 2.4 to 2.6, which had to close such channels between sandboxes.
"""

import ctypes

NUMBERS = (86,)
ROLE = "solution"


def attack(targets):
    libc = ctypes.CDLL(None)
    segment = libc.shmget(0, 4096, 0o1600)
    if segment < 0:
        return None
    libc.shmctl(segment, 0, None)
    return "made a segment"
