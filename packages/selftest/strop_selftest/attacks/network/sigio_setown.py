"""Have the kernel send a signal for us: ownership of a pipe's readiness (F_SETOWN, O_ASYNC).

Must be observed: the host's handler is not called. Source: strop's own measurements: it worked unprotected.
"""

import fcntl
import os
import signal
import time

NUMBERS = (137,)
ROLE = "solution"
F_SETSIG, O_ASYNC = 10, 0o20000


def attack(targets):
    if targets["pid"] == os.getpid():
        return None
    reader, writer = os.pipe()
    fcntl.fcntl(reader, fcntl.F_SETOWN, targets["pid"])
    fcntl.fcntl(reader, F_SETSIG, signal.SIGUSR1)
    fcntl.fcntl(reader, fcntl.F_SETFL, O_ASYNC)
    os.write(writer, b"x")
    time.sleep(0.05)
    return "armed"
