"""Connect to an abstract unix socket, which no file permission guards.

Must be observed: the listener sees nobody. Source: the reason for Landlock's abstract socket scope.
"""

import socket

NUMBERS = (125,)
ROLE = "solution"


def attack(targets):
    with socket.socket(socket.AF_UNIX) as end:
        end.connect("\0" + targets["abstract"])
    return "connected"
