"""Leave something where every process of the machine can find it: a file in memory, System V and POSIX shared memory.

Must be observed: errors. Source: isolate 2.4 to 2.6, which had to close these channels between sandboxes.
"""
# ruff: noqa: PTH107 - the call itself is the attack

import ctypes
import os


def attack(targets):
    done = []
    try:
        os.close(os.memfd_create("left-behind"))
        done.append("memfd")
    except OSError:
        pass
    libc = ctypes.CDLL(None)
    segment = libc.shmget(0, 4096, 0o1600)
    if segment >= 0:
        done.append("shmget")
        libc.shmctl(segment, 0, None)
    name = f"/dev/shm/{targets['abstract']}"
    try:
        os.close(os.open(name, os.O_CREAT | os.O_RDWR))
        os.remove(name)
        done.append("/dev/shm")
    except OSError:
        pass
    return f"did {done}" if done else None
