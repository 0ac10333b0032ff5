"""`os.fstat` where a guest may make no call that resolves a path.

Recent C libraries implement fstat(2) by the path-taking newfstatat(2), which cannot be allowed without allowing every path;
the kernel's own fstat is still there. Python's C code, which ignores the failure, keeps using the C library.
"""

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
    """A function to put in the place of `os.fstat`."""
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
