"""What a guest must not find, which is removed (variables, threads, the host's modules); and which files it may read."""

from __future__ import annotations

import gc
import os
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path


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
