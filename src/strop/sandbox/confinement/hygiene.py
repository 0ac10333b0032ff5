"""Remove what a guest must not find: variables, descriptors, threads, the host's modules; and list what it may read."""

from __future__ import annotations

import fcntl
import gc
import os
import resource
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

GUEST_DESCRIPTORS = 5
"""0 is /dev/null, 1 and 2 the output pipe, 3 and 4 the pipes from and to the host; nothing else is open in a guest."""
_SERVER_DESCRIPTORS = 256


def environment() -> dict[str, str]:
    """The whole environment of a fork server, built from nothing."""
    threads = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "BLIS_NUM_THREADS")
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": "/nonexistent",
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "MALLOC_ARENA_MAX": "2",  # an arena reserves 64 MiB of address space, which RLIMIT_AS counts
    } | dict.fromkeys(threads, "1")


def readable_paths(guest: str) -> tuple[str, ...]:
    """Directories and files that a running interpreter may still need: libraries, modules, time zones, `guest`'s files."""
    libraries = [str(Path(prefix, name)) for prefix in (sys.base_prefix, sys.prefix) for name in ("lib", "lib64")]
    modules = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    system = ["/usr/lib", "/lib", "/usr/lib64", "/lib64", "/usr/share/zoneinfo", "/etc/ld.so.cache"]
    devices = ["/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"]
    every = dict.fromkeys([*libraries, *modules, *system, *devices, guest])
    return tuple(path for path in every if Path(path).exists())


def settle_descriptors(kept: int) -> int:
    """Move `kept` to a number between those that a guest's descriptors get and those that a guest closes; close all others.

    Later descriptors of the server get numbers in that range, too. Returns the new number.
    """
    moved = fcntl.fcntl(kept, fcntl.F_DUPFD_CLOEXEC, GUEST_DESCRIPTORS)
    highest = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    os.closerange(3, moved)
    os.closerange(moved + 1, max(kept + 1, _SERVER_DESCRIPTORS))
    limit = _SERVER_DESCRIPTORS if highest == resource.RLIM_INFINITY else min(highest, _SERVER_DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    null = os.open(os.devnull, os.O_RDONLY)
    while null < GUEST_DESCRIPTORS:  # these stay open, and every later one is above them
        null = os.dup(null)
    os.close(null)
    return moved


def silence() -> None:
    """Standard input, output and error of the server become /dev/null."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def arrange_descriptors(*, null: int, output: int, from_host: int, to_host: int) -> None:
    """In a fresh guest: give the descriptors their numbers and close all others."""
    for number, descriptor in enumerate((null, output, output, from_host, to_host)):
        os.dup2(descriptor, number)
    os.closerange(GUEST_DESCRIPTORS, _SERVER_DESCRIPTORS)


def assert_single_threaded() -> None:
    """Refuse to start with more than one thread, because a fork copies one thread and the locks of all. Raises OSError."""
    threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208
    if threads != 1:
        raise OSError(f"a library that was preloaded started {threads - 1} threads")


def forget(prefix: str, search_path: Sequence[str]) -> None:
    """Make the host's modules unimportable, and search for others only in `search_path`."""
    for name in [name for name in sys.modules if name == prefix or name.startswith(prefix + ".")]:
        del sys.modules[name]
    sys.modules[prefix] = None  # type: ignore[assignment]  # an import finds this and fails, wherever the files lie
    sys.path[:] = search_path
    sys.argv[:] = [""]


def settle_memory() -> None:
    """Freeze all living objects: every guest shares them, and the collector would copy their pages by touching them."""
    gc.collect()
    gc.freeze()
