"""Open a socket to the hypervisor, which no network namespace holds.

Must be observed: an error. Source: isolate 2.4 (AF_VSOCK).
"""

import errno
import socket

NUMBERS = (128,)
ROLE = "solution"
MISSING = (errno.EAFNOSUPPORT, errno.ENODEV, errno.EPROTONOSUPPORT)


def attack(targets):
    try:
        socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).close()
    except OSError as error:
        if error.errno in MISSING:
            raise NotImplementedError("this kernel has no such sockets") from error
        raise
    return "opened"
