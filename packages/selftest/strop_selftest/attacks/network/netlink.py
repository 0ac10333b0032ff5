"""Open a netlink socket, through which the kernel's tables are read and changed.

Must be observed: an error. Source: CVE-2022-34918 and others of nf_tables.
"""

import errno
import socket

NUMBERS = (127,)
ROLE = "solution"
MISSING = (errno.EAFNOSUPPORT, errno.ENODEV, errno.EPROTONOSUPPORT)


def attack(targets):
    try:
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close()
    except OSError as error:
        if error.errno in MISSING:
            raise NotImplementedError("this kernel has no such sockets") from error
        raise
    return "opened"
