"""A command of strop in a child process that does not outlive its parent: `python -m strop.reproduce.child run lpn …`.

The parent holds the other end of the child's standard input and never writes to it. However the parent ends, even by `kill -9`,
the kernel closes that end, and the child stops as on SIGTERM. The kernel's own death signal is no substitute: only Linux has it,
and it comes when the thread that started the child ends.
"""

from __future__ import annotations

import os
import runpy
import signal
import threading
import time

GRACE_SECONDS = 10.0
"""Between the request to stop, which keeps what was done, and the end."""


def stop_with_the_parent() -> None:
    """Watch standard input from a thread."""
    threading.Thread(target=_watch, name="strop-watch", daemon=True).start()


def _watch() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    stop_with_the_parent()
    runpy.run_module("strop", run_name="__main__", alter_sys=True)
