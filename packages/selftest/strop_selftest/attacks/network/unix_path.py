"""Connect to a unix socket by its path.

Must be observed: the listener sees nobody. Source: container sockets left readable to graded code.
"""

import socket

NUMBERS = (124,)
ROLE = "solution"


def attack(targets):
    with socket.socket(socket.AF_UNIX) as end:
        end.connect(targets["unix"])
    return "connected"
