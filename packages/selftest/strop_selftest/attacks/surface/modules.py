"""Load a module, another kernel, or swap; set the clock; restart the machine.

Must be observed: EPERM or ENOSYS from every call. Source: the default profiles of container runtimes.
"""

import ctypes
import errno
import os

NUMBERS = (144,)
ROLE = "solution"
CALLS = {
    "x86_64": {
        "init_module": (175, 0, 0, 0),
        "finit_module": (313, -1, 0, 0),
        "delete_module": (176, 0, 0),
        "kexec_load": (246, 0, 0, 0, 0),
        "swapon": (167, 0, 0),
        "settimeofday": (164, 1, 0),
        "reboot": (169, 0, 0, 0, 0),
        "quotactl": (179, 0, 0, 0, 0),
        "acct": (163, 1),
    },
    "aarch64": {
        "init_module": (105, 0, 0, 0),
        "finit_module": (273, -1, 0, 0),
        "delete_module": (106, 0, 0),
        "kexec_load": (104, 0, 0, 0, 0),
        "swapon": (224, 0, 0),
        "settimeofday": (170, 1, 0),
        "reboot": (142, 0, 0, 0, 0),
        "quotactl": (60, 0, 0, 0, 0),
        "acct": (89, 1),
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
