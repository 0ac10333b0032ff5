"""Open files by their handle, watch file systems, copy inside the kernel.

Must be observed: EPERM or ENOSYS from every call. Source: CVE-2015-3627's relative, the handle walk out of a container.
"""

import ctypes
import errno
import os

NUMBERS = (144,)
ROLE = "solution"
CALLS = {
    "x86_64": {
        "open_by_handle_at": (304, -1, 0, 0),
        "name_to_handle_at": (303, -1, 0, 0, 0, 0),
        "fanotify_init": (300, -1, 0),
        "inotify_init1": (294, 0),
        "splice": (275, -1, 0, -1, 0, 0, 0),
        "vmsplice": (278, -1, 0, 0, 0),
        "tee": (276, -1, -1, 0, 0),
        "copy_file_range": (326, -1, 0, -1, 0, 0, 0),
    },
    "aarch64": {
        "open_by_handle_at": (265, -1, 0, 0),
        "name_to_handle_at": (264, -1, 0, 0, 0, 0),
        "fanotify_init": (262, -1, 0),
        "inotify_init1": (26, 0),
        "splice": (76, -1, 0, -1, 0, 0, 0),
        "vmsplice": (75, -1, 0, 0, 0),
        "tee": (77, -1, -1, 0, 0),
        "copy_file_range": (285, -1, 0, -1, 0, 0, 0),
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
