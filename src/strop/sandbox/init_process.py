"""Becoming process 1 of a pid namespace that was entered, below a stub that waits."""

from __future__ import annotations

import os
import socket

from strop.sandbox.confinement import filters, identity
from strop.sandbox.confinement.kernel import Kernel


def continue_as_process_one(end: socket.socket, kernel: Kernel, unique: int | None) -> None:
    """Fork into the new pid namespace. The parent stays as a stub: it waits, with no rights left, and dies with us.

    `unique` is that of `identity.become`, for who will become somebody else too; None keeps the user. The kernel lets the stub's
    death kill process 1 only where the stub may signal it: both have to be the same user.
    """
    child = os.fork()
    if child == 0:
        return
    try:
        end.close()
        os.closerange(0, 256)
        identity.keep_only(kernel, ()) if unique is None else identity.become(kernel, unique, ())
        filters.waiting_filter().install(kernel) if filters.known_architecture() else None
        os.waitpid(child, 0)
    finally:
        os._exit(0)
