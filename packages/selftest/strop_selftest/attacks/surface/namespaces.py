"""Leave, join or make namespaces and mounts, and change the root.

Must be observed: EPERM or ENOSYS from every call. Source: CVE-2022-0185, CVE-2021-22555.
"""

import ctypes
import errno
import os

NUMBERS = (144,)
ROLE = "solution"
CALLS = {
    "x86_64": {
        "unshare": (272, 268435456),
        "setns": (308, -1, 0),
        "mount": (165, 0, 0, 0, 0, 0),
        "umount2": (166, 0, 0),
        "pivot_root": (155, 0, 0),
        "chroot": (161, 0),
        "open_tree": (428, -1, 0, 0),
        "move_mount": (429, -1, 0, -1, 0, 0),
        "fsopen": (430, 0, 0),
        "mount_setattr": (442, -1, 0, 0, 0, 0),
        "sethostname": (170, 0, 0),
    },
    "aarch64": {
        "unshare": (97, 268435456),
        "setns": (268, -1, 0),
        "mount": (40, 0, 0, 0, 0, 0),
        "umount2": (39, 0, 0),
        "pivot_root": (41, 0, 0),
        "chroot": (51, 0),
        "open_tree": (428, -1, 0, 0),
        "move_mount": (429, -1, 0, -1, 0, 0),
        "fsopen": (430, 0, 0),
        "mount_setattr": (442, -1, 0, 0, 0, 0),
        "sethostname": (161, 0, 0),
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
