"""Load programs into the kernel, or have it tell us about faults and counters.

Must be observed: EPERM or ENOSYS from every call. Source: CVE-2021-3490 (bpf), CVE-2013-2094 (perf_event_open).
"""

import ctypes
import errno
import os

NUMBERS = (144,)
ROLE = "solution"
CALLS = {
    "x86_64": {
        "bpf": (321, 99, 0, 0),
        "perf_event_open": (298, 0, 0, -1, -1, 0),
        "userfaultfd": (323, -1),
        "lookup_dcookie": (212, 0, 0, 0),
        "syslog": (103, 99, 0, 0),
    },
    "aarch64": {
        "bpf": (280, 99, 0, 0),
        "perf_event_open": (241, 0, 0, -1, -1, 0),
        "userfaultfd": (282, -1),
        "lookup_dcookie": (18, 0, 0, 0),
        "syslog": (116, 99, 0, 0),
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
