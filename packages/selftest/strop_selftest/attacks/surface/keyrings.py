"""Reach the kernel's keyrings, which no namespace holds.

Must be observed: EPERM or ENOSYS from every call. Source: CVE-2016-0728; isolate 2.4 (keyctl).
"""

import ctypes
import errno
import os

NUMBERS = (144,)
ROLE = "solution"
CALLS = {
    "x86_64": {
        "keyctl": (250, 99),
        "add_key": (248, 0, 0, 0, 0, 0),
        "request_key": (249, 0, 0, 0, 0),
    },
    "aarch64": {
        "keyctl": (219, 99),
        "add_key": (217, 0, 0, 0, 0, 0),
        "request_key": (218, 0, 0, 0, 0),
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
