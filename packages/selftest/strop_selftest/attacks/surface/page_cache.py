"""Ask whether a file of the system lies in the kernel's cache, which an earlier guest can have brought there.

Must be observed: no answer. Source: our own find: a bit for each file, from any guest to any later one.
"""

import ctypes
import os

NUMBERS = ()
ROLE = "solution"
CACHESTAT = 451


def attack(targets):
    file = os.open(os.__file__, os.O_RDONLY)
    told = (ctypes.c_uint64 * 5)()
    if ctypes.CDLL(None).syscall(CACHESTAT, file, (ctypes.c_uint64 * 2)(0, 4096), told, 0) == 0:
        return "cachestat tells what lies in the cache"
    try:
        os.preadv(file, [bytearray(1)], 0, os.RWF_NOWAIT)
    except OSError:
        return None
    return "preadv2 tells what lies in the cache"
