"""`os.fstat` for guests that may not resolve paths.

Recent C libraries implement fstat(2) with newfstatat(2), which takes a path and cannot be allowed without allowing every path;
the kernel's own fstat still exists. Python's C code keeps using the C library and ignores the failure."""

from __future__ import annotations

import os
import platform
import struct
from collections.abc import Callable

from strop.sandbox.confinement.kernel import Kernel

_LAYOUTS = {
    # dev, ino, nlink, mode, uid, gid, (pad), rdev, size, blksize, blocks, then three times seconds and nanoseconds
    "x86_64": ("QQQIIIxxxxQqqqqqqqqq", ("dev", "ino", "nlink", "mode", "uid", "gid", "rdev", "size")),
    "aarch64": ("QQIIIIQxxxxxxxxqixxxxqqqqqqq", ("dev", "ino", "mode", "nlink", "uid", "gid", "rdev", "size")),
}


def replacement(kernel: Kernel) -> Callable[[int], os.stat_result]:
    """A replacement for `os.fstat`."""
    layout, names = _LAYOUTS[platform.machine()]

    def fstat(fd: int) -> os.stat_result:
        buffer = bytearray(256)
        kernel.fill("fstat", fd, buffer)
        fields = struct.unpack_from(layout, buffer)
        fact = dict(zip(names, fields, strict=False))
        accessed, modified, changed = fields[-6], fields[-4], fields[-2]
        order = ("mode", "ino", "dev", "nlink", "uid", "gid", "size")
        return os.stat_result([*(fact[name] for name in order), accessed, modified, changed])

    return fstat
