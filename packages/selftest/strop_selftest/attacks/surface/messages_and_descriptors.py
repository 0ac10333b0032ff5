"""Send and receive messages with descriptors, and send files inside the kernel.

Must be observed: EPERM or ENOSYS from every call. Source: our own reading of the guest's filter.
"""

import ctypes
import errno
import os

NUMBERS = (144,)
ROLE = "solution"
CALLS = {
    "x86_64": {
        "sendmsg": (46, -1, 0, 0),
        "recvmsg": (47, -1, 0, 0),
        "sendmmsg": (307, -1, 0, 0, 0),
        "recvmmsg": (299, -1, 0, 0, 0, 0),
        "sendfile": (40, -1, -1, 0, 0),
        "accept4": (288, -1, 0, 0, 0),
        "setsockopt": (54, -1, 0, 0, 0, 0),
    },
    "aarch64": {
        "sendmsg": (211, -1, 0, 0),
        "recvmsg": (212, -1, 0, 0),
        "sendmmsg": (269, -1, 0, 0, 0),
        "recvmmsg": (243, -1, 0, 0, 0, 0),
        "sendfile": (71, -1, -1, 0, 0),
        "accept4": (242, -1, 0, 0, 0),
        "setsockopt": (208, -1, 0, 0, 0, 0),
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
