"""Become another program by its descriptor, with no path to look for.

Must be observed: an error. Source: strop's own list of cases, `execveat`.
"""

import ctypes
import errno
import os

NUMBERS = (77,)
ROLE = "solution"
AT_EMPTY_PATH = 0x1000


def attack(targets):
    libc = ctypes.CDLL(None, use_errno=True)
    number = {"x86_64": 322, "aarch64": 281}[os.uname().machine]
    descriptor = os.open(os.__file__, os.O_RDONLY)  # a text, which cannot run: the question is who says so
    libc.syscall(number, descriptor, b"", (ctypes.c_char_p * 1)(None), (ctypes.c_char_p * 1)(None), AT_EMPTY_PATH)
    return None if ctypes.get_errno() in (errno.EPERM, errno.ENOSYS) else "may execute"
