"""The root of commands: the system's programs and libraries, read-only; a copy, /tmp and /dev/shm of limited size."""

# ruff: noqa: PTH101, PTH102, PTH112 - each guest lays a room, and pathlib takes longer than the kernel

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from strop.base.environments import COPY
from strop.sandbox.confinement import root
from strop.sandbox.confinement.kernel import Kernel
from strop.sandbox.confinement.root import bind, make_read_only
from strop.sandbox.workspace import snapshots

_NOSUID, _NODEV, _NOEXEC, _REMOUNT, _READ_ONLY, _BIND, _RECURSIVE = 2, 4, 8, 32, 1, 4096, 16384
_PAGE = 4096
_INODES = 1 << 18
_MADE = 1 << 16
"""Most files that commands may make in addition to the tree's. The files of a build are copied for each run."""
_ROOM = 4 << 30
"""Bytes of the disk until the first command's limit is known."""

SYSTEM = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32",
    "/etc/alternatives", "/etc/fonts", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
    "/etc/localtime", "/etc/perl",
)  # fmt: skip
"""Folders and files that every command may read and run, if they exist."""
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
WRITABLE = (COPY, "/tmp", "/dev/shm")
"""The copy comes first: the disk itself is hidden below it."""
_ASIDE = "/host"
"""The folder below which the host's files below `WRITABLE` are mounted, read-only. Each new disk gets them from there."""

_LINKS = {
    "/dev/fd": "/proc/self/fd",
    "/dev/stdin": "/proc/self/fd/0",
    "/dev/stdout": "/proc/self/fd/1",
    "/dev/stderr": "/proc/self/fd/2",
}


@dataclass(frozen=True)
class Root:
    """A root that was entered."""

    has_proc: bool
    """Whether there is a /proc of the caller's own pid namespace."""
    binds: Sequence[str]
    """Paths of the host below `WRITABLE` that commands may read."""
    links: Mapping[str, str]
    """Symbolic links of the host below `WRITABLE`: path → target."""

    def show(self, kernel: Kernel, root: str = "") -> None:
        """Show the host's files below `WRITABLE`, on a new disk that may have empty folders and the links in their place already.

        Commands can neither change them nor rename a folder around them.
        """
        for path in self.binds:
            source, target = Path(root + _ASIDE + path), Path(root + path)
            (target if source.is_dir() else target.parent).mkdir(parents=True, exist_ok=True)
            if not target.exists():
                target.touch()
            kernel.mount(str(source), str(target), None, _BIND | _RECURSIVE)
        for path, end in self.links.items():
            Path(root + path).parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                Path(root + path).symlink_to(end)
        for folder in {_outermost(path) for path in (*self.binds, *self.links)} - {*self.binds, *self.links}:
            kernel.mount(root + folder, root + folder, None, _BIND | _RECURSIVE)
            make_read_only(kernel, Path(root + folder))


def _outermost(path: str) -> str:
    """The folder or file directly in one of `WRITABLE` that is, or contains, `path`."""
    folder = next(folder for folder in WRITABLE if path.startswith(folder + "/"))
    return f"{folder}/{path.removeprefix(folder + '/').partition('/')[0]}"


def enter(kernel: Kernel, readable: tuple[str, ...], uid: int, fill: Callable[[str], None]) -> Root:
    """Build the root and enter it. `fill` is called with the path of the copy while the host's files can still be read.

    Raises OSError if mounting is refused.
    """
    entered = Root(has_proc=False, binds=(), links={})

    def furnish(binds: list[str], links: dict[str, str]) -> None:
        nonlocal entered
        for path in WRITABLE:
            Path("/new" + path).mkdir(parents=True)
        lay_disk(kernel, "/new")
        _accounts(uid)
        hidden = [path for path in (*binds, *links) if path.startswith(tuple(f"{folder}/" for folder in WRITABLE))]
        entered = Root(
            has_proc=mount_proc(kernel, "/new/proc"),
            binds=[path for path in hidden if path in binds],
            links={path: links.pop(path) for path in hidden if path in links},
        )
        for path in entered.binds:
            binds.remove(path)
            bind(kernel, path, "/new" + _ASIDE + path)
        entered.show(kernel, "/new")
        for name, target in _LINKS.items():
            Path("/new" + name).symlink_to(target)
        fill("/new" + COPY)

    root.enter(kernel, (*SYSTEM, *DEVICES, *readable), furnish)
    return entered


def most_files() -> int:
    """Most files of the copy, /tmp and /dev/shm together, for a copy that has just the tree's files now."""
    status = os.statvfs(COPY)
    return status.f_files - status.f_ffree + _MADE


def resize(kernel: Kernel, size: int, inodes: int) -> None:
    """Limit what the copy, /tmp and /dev/shm contain together, but not below what they already contain."""
    status = os.statvfs(COPY)
    used = (status.f_blocks - status.f_bfree) * status.f_frsize
    size = max(size, used + _PAGE)
    inodes = max(inodes, status.f_files - status.f_ffree + 16)
    kernel.mount("none", COPY, None, _REMOUNT | _NOSUID | _NODEV, f"size={size},nr_inodes={inodes}")


def used_up() -> str:
    """What is used up, so that nothing more can be written, such as `512 MiB of disk`; empty if something can be."""
    status = os.statvfs(COPY)
    if status.f_ffree == 0:
        return f"{status.f_files} files"
    return (
        f"{status.f_blocks * status.f_frsize >> 20} MiB of disk" if status.f_bfree * status.f_frsize < 4 * _PAGE else ""
    )


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


def lay_room(kernel: Kernel, size: int, entered: Root) -> None:
    """Mount a new disk over everything writable. The copy starts with the files of the tree, which writes do not change; /tmp and
    /dev/shm start empty. The caller needs a mount namespace of its own."""
    copy, *others = WRITABLE
    disk = others[-1]  # hidden by its own folder, which is mounted over it at last
    lower = os.open(copy, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    kernel.mount("tmpfs", disk, "tmpfs", _NOSUID | _NODEV, f"mode=700,size={size},nr_inodes={_INODES}")
    upper, work = f"{disk}/upper", f"{disk}/work"
    for folder in (upper, work):
        os.mkdir(folder)
    try:
        snapshots.take_over(upper, os.fstat(lower))
        layers = f"lowerdir={copy},upperdir={upper},workdir={work}"
        kernel.mount("overlay", copy, "overlay", _NOSUID | _NODEV, layers)
    except OSError:  # a kernel without them
        kernel.mount(upper, copy, None, _BIND)
        os.fchdir(lower)
        snapshots.copy_folder(".", copy)
    for path in others:
        source = f"{disk}/{path.rpartition('/')[2]}"
        os.mkdir(source)
        os.chmod(source, 0o1777)
        kernel.mount(source, path, None, _BIND)
    os.close(lower)
    os.chdir("/")
    entered.show(kernel)


def begin_as(kernel: Kernel, saved: Sequence[int]) -> None:
    """Use a new disk that begins as the folders behind the descriptors `saved`, one for each of `WRITABLE`."""
    take_disk_away(kernel)
    lay_disk(kernel)
    for folder, path in zip(saved, WRITABLE):  # noqa: B905 - Python 3.9
        os.fchdir(folder)
        snapshots.copy_folder(".", path)
    os.chdir("/")


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


def mount_proc(kernel: Kernel, target: str) -> bool:
    """A read-only /proc that shows only the caller's own pid namespace, without its process 1."""
    if not os.path.isdir(target):
        os.mkdir(target)
    for options in ("hidepid=2", None):
        try:
            kernel.mount("proc", target, "proc", _NOSUID | _NODEV | _NOEXEC, options)
            kernel.mount("none", target, None, _REMOUNT | _BIND | _READ_ONLY | _NOSUID | _NODEV | _NOEXEC)
        except OSError:  # some containers' own /proc has parts hidden, and the kernel then allows no other
            continue
        return True
    return False
