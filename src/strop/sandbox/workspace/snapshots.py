"""Save the state after a build where no command reaches it, and copy it for each run that starts from it.

No command runs meanwhile, so the files do not change while they are copied.
"""

# ruff: noqa: PTH108 - one system call a file, for thousands of files

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager

_CHUNK = 1 << 20
_LONGEST = 4096
"""Characters of a path (PATH_MAX)."""


def copy_folder(source: str, target: str) -> None:
    """Copy the contents of the folder `source` into the empty folder `target`, with owners, modes, times, links and hard links.

    Sockets and devices are left out. Holes in files stay holes.

    Raises:
        OSError: something cannot be read or written, or its path is longer than the kernel takes.
        RecursionError: folders are nested too deep.
    """
    with opened(source) as from_folder, opened(target) as to_folder:
        _copy_below(from_folder, to_folder, to_folder, "", {})


def _copy_below(source: int, target: int, root: int, above: str, linked: dict[tuple[int, int], str]) -> None:
    """Copy the contents of one folder into another, each by its descriptor: the kernel follows a path name by name.

    `root`: the outermost target; `above`: the path from there; `linked`: the paths below it of files with several names.
    """
    if len(above) > _LONGEST:
        raise OSError(errno.ENAMETOOLONG, "folders are nested too deep")
    with os.scandir(source) as listing:
        entries = list(listing)
    for entry in entries:
        name, status = entry.name, entry.stat(follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            os.mkdir(name, dir_fd=target)
            with opened(name, source) as inner, opened(name, target) as made:
                _copy_below(inner, made, root, f"{above}{name}/", linked)
        elif first := linked.get((status.st_dev, status.st_ino)):
            os.link(first, name, src_dir_fd=root, dst_dir_fd=target, follow_symlinks=False)
        elif _copy_one(name, source, target, status):
            if status.st_nlink > 1:
                linked[status.st_dev, status.st_ino] = above + name
            take_over(name, status, target)
    take_over(".", os.fstat(source), target)  # a folder's times change while it is filled


@contextmanager
def opened(folder: str, below: int | None = None) -> Iterator[int]:
    """Within the block, a descriptor to read a folder, which must not be a link."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=below)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def empty(folder: str) -> None:
    """Remove the contents of a folder.

    Raises:
        OSError: something cannot be removed.
        RecursionError: folders are nested too deep.
    """
    with os.scandir(folder) as listing:
        entries = list(listing)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)


def _copy_one(name: str, source: int, target: int, status: os.stat_result) -> bool:
    """Copy anything but a folder from one folder into another; return whether a copy was made."""
    if stat.S_ISLNK(status.st_mode):
        os.symlink(os.readlink(name, dir_fd=source), name, dir_fd=target)
    elif stat.S_ISFIFO(status.st_mode):
        os.mkfifo(name, dir_fd=target)
    elif stat.S_ISREG(status.st_mode):
        _copy_content(name, source, target, status.st_size)
    else:
        return False
    return True


def _copy_content(name: str, source: int, target: int, size: int) -> None:
    read = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=source)
    try:
        write = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=target)
        try:
            os.truncate(write, size)
            end = 0
            while (begin := _next_data(read, end, size)) is not None:
                end = os.lseek(read, begin, os.SEEK_HOLE)
                _copy_span(read, write, begin, end)
        finally:
            os.close(write)
    finally:
        os.close(read)


def _next_data(descriptor: int, position: int, size: int) -> int | None:
    """The offset of the next data at or after `position`; None if only a hole is left."""
    if position >= size:
        return None
    try:
        return os.lseek(descriptor, position, os.SEEK_DATA)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return None
        raise


def _copy_span(read: int, write: int, begin: int, end: int) -> None:
    while begin < end:
        chunk = os.pread(read, min(_CHUNK, end - begin), begin)
        if not chunk:
            return
        begin += os.pwrite(write, chunk, begin)


def take_over(path: str, status: os.stat_result, below: int | None = None) -> None:
    """Give a path the owner, mode and times of `status`, in an order in which none undoes another."""
    os.chown(path, status.st_uid, status.st_gid, dir_fd=below, follow_symlinks=False)
    if not stat.S_ISLNK(status.st_mode):
        os.chmod(path, stat.S_IMODE(status.st_mode), dir_fd=below)
    os.utime(path, ns=(status.st_mtime_ns, status.st_mtime_ns), dir_fd=below, follow_symlinks=False)
