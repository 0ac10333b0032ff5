"""A command of strop in a child process that ends with its parent: `python -m strop.reproduce.child run lpn …`.

The parent holds the other end of the child's standard input and writes nothing to it. However the parent ends, even by `kill -9`,
the kernel closes that end, and the child stops as on SIGTERM. The kernel's own death signal would come too early: when the
thread that started the child ends.
"""

from __future__ import annotations

import os
import runpy
import signal
import threading
import time

GRACE_SECONDS = 10.0
"""Between SIGTERM, after which the child keeps what it has done, and its end."""


def stop_with_the_parent() -> None:
    """Watch standard input in a thread."""
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
