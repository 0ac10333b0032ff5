"""Send descriptors to the host, until its table is full.

Must be observed: nothing is sent: the guest's channel is a pipe, which carries none. Source: strop's own list of cases,
`fd_passing_flood`.
"""

import array
import os
import socket

NUMBERS = (96,)
ROLE = "solution"
CONTROL = "architecture"


def attack(targets):
    reader, _ = os.pipe()
    sent = 0
    for descriptor in range(5):
        try:
            with socket.socket(fileno=os.dup(descriptor)) as end:
                end.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [reader] * 100))])
            sent += 100
        except OSError:
            continue
    return f"sent {sent} descriptors" if sent else None
