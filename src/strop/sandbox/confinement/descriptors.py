"""The descriptors of a guest, which are all that is open in it before any code of a folder, an environment or a program runs.

| number | in every guest |
|---|---|
| 0 | /dev/null |
| 1, 2 | what it prints: a pipe, in a tree a file |
| 3, 4 | the pipes from and to the host |
| 5 | in a tree, until it has its orders: the socket on which it waits for them |

A command of a workspace has 0, 1 and 2 alone.
"""

from __future__ import annotations

import fcntl
import os
import resource

from strop.sandbox.confinement.kernel import Kernel

ORDERS = 5
_RESERVED = 6
_SERVER_DESCRIPTORS = 256
_HIGHEST = 1024
_LAST = 2**32 - 1


def reserve() -> None:
    """Occupy the numbers of a guest's descriptors, so that all later descriptors of the caller have higher numbers."""
    null = os.open(os.devnull, os.O_RDONLY)
    while null < _RESERVED:  # these stay open
        null = os.dup(null)
    os.close(null)


def settle(descriptor: int) -> int:
    """Limit how many descriptors the caller, who has `descriptor` and the standard streams, may have; then `reserve`. Returns the
    new number of `descriptor`."""
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _RESERVED)
    highest = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    os.close(descriptor)
    limit = _SERVER_DESCRIPTORS if highest == resource.RLIM_INFINITY else min(highest, _SERVER_DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    reserve()
    return moved


def silence() -> None:
    """Connect standard input, output and error of the caller with /dev/null."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def keep(kernel: Kernel, *, output: int, from_host: int, to_host: int, orders: int | None = None) -> None:
    """In a fresh guest, whose descriptors are `reserve`d: give its own their numbers, and close all others."""
    # Its own /dev/null: flags and locks belong to the open file, not to the descriptor.
    null = os.open(os.devnull, os.O_RDONLY)
    own = (null, output, output, from_host, to_host, *([] if orders is None else [orders]))
    for number, descriptor in enumerate(own):
        os.dup2(descriptor, number, inheritable=number < 3)
    close_from(kernel, len(own))


def close_from(kernel: Kernel, first: int) -> None:
    """Close every descriptor of the caller from this number on."""
    try:
        kernel.call("close_range", first, _LAST, 0)
    except OSError:  # before Linux 5.9
        os.closerange(first, _HIGHEST)
