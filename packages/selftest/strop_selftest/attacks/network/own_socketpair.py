"""Pass a descriptor through a pair of sockets of our own.

Must be observed: no descriptor is passed. Source: our own reading of the guest's filter, which allows a pair for
asyncio.
"""

import array
import socket

NUMBERS = ()
ROLE = "solution"


def attack(targets):
    one, other = socket.socketpair()
    with one, other:
        one.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0]))])
        _, passed, _, _ = other.recvmsg(1, 100)
    return "passed a descriptor" if passed else None
