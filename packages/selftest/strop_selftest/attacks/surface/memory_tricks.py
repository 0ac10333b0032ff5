"""Hide memory from the kernel, ask which pages others have used, bind and lock it.

Must be observed: EPERM or ENOSYS from every call. Source: the page cache attacks of 2019 (mincore).
"""

import ctypes
import errno
import os

NUMBERS = (144,)
ROLE = "solution"
CALLS = {
    "x86_64": {
        "memfd_secret": (447, 0),
        "mincore": (27, 0, 0, 0),
        "mbind": (237, 0, 0, 0, 0, 0, 0),
        "set_mempolicy": (238, 0, 0, 0),
        "mlockall": (151, 0),
        "pkey_mprotect": (329, 0, 0, 0, -1),
    },
    "aarch64": {
        "memfd_secret": (447, 0),
        "mincore": (232, 0, 0, 0),
        "mbind": (235, 0, 0, 0, 0, 0, 0),
        "set_mempolicy": (237, 0, 0, 0),
        "mlockall": (230, 0),
        "pkey_mprotect": (288, 0, 0, 0, -1),
    },
}


def attack(targets):
    libc = ctypes.CDLL(None, use_errno=True)
    reached = []
    for name, (number, *arguments) in CALLS[os.uname().machine].items():
        ctypes.set_errno(0)
        result = libc.syscall(number, *(ctypes.c_ulong(argument & (2**64 - 1)) for argument in arguments))
        if result >= 0 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS):
            reached.append(name)
    return f"reached {reached}" if reached else None
