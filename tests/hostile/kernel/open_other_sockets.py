"""Open sockets of the less usual families: IPv6, netlink, vsock; and an io_uring, which makes them without socket calls.

Must be observed: errors. Source: isolate 2.4 (AF_VSOCK, io_uring).
"""

import ctypes
import socket


def attack(targets):
    done = []
    for family in ("AF_INET6", "AF_NETLINK", "AF_VSOCK", "AF_PACKET"):
        try:
            socket.socket(getattr(socket, family), socket.SOCK_DGRAM).close()
        except (OSError, AttributeError):
            continue
        done.append(family)
    parameters = ctypes.create_string_buffer(256)
    if ctypes.CDLL(None).syscall(425, 4, parameters) >= 0:
        done.append("io_uring")
    return f"opened {done}" if done else None
