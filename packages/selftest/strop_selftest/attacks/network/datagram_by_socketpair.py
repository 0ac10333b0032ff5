"""Send a datagram to a unix socket of the host's from one end of a pair of our own: a pair may name another receiver.

Must be observed: the receiver gets nothing, by its path and by its abstract name. Source: our own reading of the
guest's filter, which allows a pair for asyncio, and `sendto` because a pair of streams needs it.
"""

import socket

NUMBERS = ()
ROLE = "solution"


def attack(targets):
    sent = []
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        for address in (targets["mail"], f"\0{targets['abstract']}-mail"):
            try:
                one.sendto(b"x", address)
            except OSError:
                continue
            sent.append("abstract" if address[:1] == "\0" else "path")
    return f"sent by {sent}" if sent else None
