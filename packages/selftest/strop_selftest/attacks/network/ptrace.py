"""Attach to the parent as a debugger.

Must be observed: an error. Source: the classic way out of a sandbox that shares a user with its supervisor.
"""

import ctypes
import os

NUMBERS = (138,)
ROLE = "solution"
PTRACE_SEIZE = 0x4206


def attack(targets):
    libc = ctypes.CDLL(None)
    libc.ptrace.argtypes = [ctypes.c_long] * 4
    return "attached" if libc.ptrace(PTRACE_SEIZE, os.getppid(), 0, 0) == 0 else None
