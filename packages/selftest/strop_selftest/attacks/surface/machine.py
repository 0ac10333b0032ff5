"""Change what the machine is to us: segment tables, ports, another kernel's habits.

Must be observed: EPERM or ENOSYS from every call. Source: CVE-2015-5157 (modify_ldt).
"""

import ctypes
import errno
import os

NUMBERS = (144,)
ROLE = "solution"
CALLS = {
    "x86_64": {
        "modify_ldt": (154, 0, 0, 0),
        "iopl": (172, -1),
        "ioperm": (173, -1, 0, 0),
        "personality": (135, 4294967295),
    },
    "aarch64": {
        "personality": (92, 4294967295),
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
