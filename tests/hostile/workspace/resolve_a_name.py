"""Ask a name server; told apart from a name that is not there by a call that was refused."""

import socket
from contextlib import suppress

with suppress(OSError):
    socket.getaddrinfo("example.org", 80)
    print("GOT a name")
with suppress(OSError):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    print("GOT a socket to ask with")
