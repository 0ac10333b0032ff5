"""Become another user, take capabilities, put filters of our own on.

Must be observed: EPERM or ENOSYS from every call. Source: the list of cases of 31 calls.
"""

import ctypes
import errno
import os

NUMBERS = (144,)
ROLE = "solution"
CALLS = {
    "x86_64": {
        "setuid": (105, 0),
        "setgid": (106, 0),
        "setgroups": (116, 0, 0),
        "capset": (126, 0, 0),
        "setfsuid": (122, 0),
        "setsid": (112,),
        "seccomp": (317, 2, 0, 0),
        "landlock_create_ruleset": (444, 0, 0, 1),
        "landlock_restrict_self": (446, -1, 0),
    },
    "aarch64": {
        "setuid": (146, 0),
        "setgid": (144, 0),
        "setgroups": (159, 0, 0),
        "capset": (91, 0, 0),
        "setfsuid": (151, 0),
        "setsid": (157,),
        "seccomp": (277, 2, 0, 0),
        "landlock_create_ruleset": (444, 0, 0, 1),
        "landlock_restrict_self": (446, -1, 0),
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
