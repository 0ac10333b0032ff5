"""Make system calls that are newer than any list: those of Linux 6.7 and 6.8, and one that does not exist.

Must be observed: ENOSYS from every one, as from an old kernel. Source: clone3, which filters by number let through when
it was new.
"""

import ctypes
import errno

NUMBERS = (150,)
ROLE = "solution"
NEWER = {"statmount": 457, "listmount": 458, "lsm_get_self_attr": 459, "none": 9999}


def attack(targets):
    libc, reached = ctypes.CDLL(None, use_errno=True), []
    for name, number in NEWER.items():
        ctypes.set_errno(0)
        if libc.syscall(number, 0, 0, 0, 0) >= 0 or ctypes.get_errno() != errno.ENOSYS:
            reached.append(name)
    if not reached:
        raise NotImplementedError("this kernel is older than these calls")
    return f"reached {reached}"
