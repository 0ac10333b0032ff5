"""Compare, advise, reap and trace other processes.

Must be observed: EPERM or ENOSYS from every call. Source: strop's own list of cases, `kcmp`, `process_madvise`.
"""

import ctypes
import errno
import os

NUMBERS = (144,)
ROLE = "solution"
CALLS = {
    "x86_64": {
        "kcmp": (312, 1, 1, 99, 0, 0),
        "pidfd_send_signal": (424, -1, 0, 0, 0),
        "process_madvise": (440, -1, 0, 0, 0, 0),
        "process_mrelease": (448, -1, 0),
        "ptrace": (101, 99, 0, 0, 0),
        "move_pages": (279, 0, 0, 0, 0, 0, 99),
        "migrate_pages": (256, 0, 0, 0, 0),
        "rt_sigqueueinfo": (129, 1, 0, 0),
    },
    "aarch64": {
        "kcmp": (272, 1, 1, 99, 0, 0),
        "pidfd_send_signal": (424, -1, 0, 0, 0),
        "process_madvise": (440, -1, 0, 0, 0, 0),
        "process_mrelease": (448, -1, 0),
        "ptrace": (117, 99, 0, 0, 0),
        "move_pages": (239, 0, 0, 0, 0, 0, 99),
        "migrate_pages": (238, 0, 0, 0, 0),
        "rt_sigqueueinfo": (138, 1, 0, 0),
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
