"""Make an io_uring, which opens files and sockets without the calls that a filter looks for.

Must be observed: an error. Source: isolate 2.4 (io_uring).
"""

import ctypes
import errno

NUMBERS = (131,)
ROLE = "solution"
IO_URING_SETUP = 425


def attack(targets):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(IO_URING_SETUP, 4, ctypes.create_string_buffer(256)) >= 0:
        return "made an io_uring"
    if ctypes.get_errno() in (errno.ENOSYS, errno.EPERM):
        raise NotImplementedError("this kernel has no io_uring, or has it switched off")
