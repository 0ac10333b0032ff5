"""The root of commands: the system's programs and libraries, read-only; a copy, /tmp and /dev/shm of limited size."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from strop.sandbox.confinement import root
from strop.sandbox.confinement.kernel import Kernel
from strop.sandbox.workspace.plan import COPY

_NOSUID, _NODEV, _NOEXEC, _REMOUNT, _READ_ONLY, _BIND = 2, 4, 8, 32, 1, 4096
_PAGE = 4096
_INODES = 1 << 18
_ROOM = 4 << 30
"""The size until the first command's limit is known."""

SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/perl",
)
"""What every command may read and run, if it exists."""
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
WRITABLE = (COPY, "/tmp", "/dev/shm")
"""The copy comes first: the disk itself is hidden below it."""

_LINKS = {
    "/dev/fd": "/proc/self/fd",
    "/dev/stdin": "/proc/self/fd/0",
    "/dev/stdout": "/proc/self/fd/1",
    "/dev/stderr": "/proc/self/fd/2",
}


def enter(kernel: Kernel, readable: tuple[str, ...], uid: int, fill: Callable[[str], None]) -> bool:
    """Build the root and enter it. `fill` is called with the path of the copy while the host's files can still be read.

    Returns whether there is a /proc of the caller's own pid namespace. Raises OSError if mounting is refused.
    """
    has_proc = False

    def furnish() -> None:
        nonlocal has_proc
        for path in WRITABLE:
            Path("/new" + path).mkdir(parents=True)
        lay_disk(kernel, "/new")
        _accounts(uid)
        has_proc = mount_proc(kernel, "/new/proc")
        for name, target in _LINKS.items():
            Path("/new" + name).symlink_to(target)
        fill("/new" + COPY)

    root.enter(kernel, (*SYSTEM, *DEVICES, *readable), furnish)
    return has_proc


def resize(kernel: Kernel, size: int) -> None:
    """Limit what the copy, /tmp and /dev/shm contain together, but not below what they already contain."""
    facts = os.statvfs(COPY)
    used = (facts.f_blocks - facts.f_bfree) * facts.f_frsize
    size = max(size, used + _PAGE)
    inodes = max(_INODES, facts.f_files - facts.f_ffree + 16)
    kernel.mount("none", COPY, None, _REMOUNT | _NOSUID | _NODEV, f"size={size},nr_inodes={inodes}")


def is_full() -> bool:
    """Whether nothing more can be written."""
    facts = os.statvfs(COPY)
    return facts.f_bfree * facts.f_frsize < 4 * _PAGE or facts.f_ffree == 0


def lay_disk(kernel: Kernel, root: str = "") -> None:
    """One empty file system for everything that commands write, with one size limit. No other path leads to it."""
    disk = root + COPY  # hidden by its own folder, which is mounted over it at last
    kernel.mount("tmpfs", disk, "tmpfs", _NOSUID | _NODEV, f"mode=700,size={_ROOM},nr_inodes={4 * _INODES}")
    for path in reversed(WRITABLE):
        source = Path(disk, path.strip("/").replace("/", "-"))
        source.mkdir()
        source.chmod(0o1777)
        kernel.mount(str(source), root + path, None, _BIND)


def take_disk_away(kernel: Kernel) -> None:
    """Unmount what `lay_disk` mounted. An open descriptor can still read it."""
    for path in WRITABLE:
        with suppress(OSError):  # until nothing is mounted there any more
            while True:
                kernel.unmount(path)


def _accounts(uid: int) -> None:
    etc = Path("/new/etc")
    etc.mkdir()
    for name, text in (
        ("passwd", f"root:x:0:0:root:/nonexistent:/bin/false\nguest:x:{uid}:{uid}:guest:/tmp:/bin/sh\n"),
        ("group", f"root:x:0:\nguest:x:{uid}:\n"),
        ("hosts", "127.0.0.1 localhost\n"),
        ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"),
    ):
        (etc / name).write_bytes(text.encode())  # no codec that would have to be imported now


def mount_proc(kernel: Kernel, place: str) -> bool:
    """A read-only /proc that shows only the caller's own pid namespace, without its process 1."""
    Path(place).mkdir(exist_ok=True)
    for options in ("hidepid=2", None):
        try:
            kernel.mount("proc", place, "proc", _NOSUID | _NODEV | _NOEXEC, options)
            kernel.mount("none", place, None, _REMOUNT | _BIND | _READ_ONLY | _NOSUID | _NODEV | _NOEXEC)
        except OSError:  # some containers' own /proc has parts hidden, and the kernel then allows no other
            continue
        return True
    return False
