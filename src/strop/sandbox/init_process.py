"""Become process 1 of a new pid namespace, below a stub that waits."""

from __future__ import annotations

import os
import socket

from strop.sandbox.confinement import filters, identity
from strop.sandbox.confinement.kernel import Kernel


def continue_as_process_one(end: socket.socket, kernel: Kernel, unique: int | None) -> None:
    """Fork into the new pid namespace. The parent stays as a stub without rights, waits, and dies with the child.

    `unique` is the argument of `identity.become` if the user will change too; None keeps the user. The stub's death kills
    process 1 only if the stub may signal it, so both must be the same user.
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
