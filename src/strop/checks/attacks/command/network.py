"""The network

Tried: connections to this machine's own port, and to a public address; then the program runs.

Means: commands are not confined on this machine.

Change: see strop doctor.
"""

KIND = "outside"
FINDING = "C415"
LANGUAGE = "python"


def attack(given):
    import socket

    for address in (("127.0.0.1", given["port"]), ("192.0.2.1", 80)):
        try:
            socket.create_connection(address, timeout=1).close()
        except OSError:
            pass
