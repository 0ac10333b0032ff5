"""Save the state after a build where no command reaches it, and copy it for each run that starts from it.

No command runs meanwhile, so the files do not change while they are copied.
"""

# ruff: noqa: PTH101, PTH102, PTH108, PTH115, PTH211 - one system call a file, for thousands of files

from __future__ import annotations

import errno
import os
import shutil
import stat

_CHUNK = 1 << 20


def copy_folder(source: str, target: str) -> None:
    """Copy the contents of the folder `source` into the empty folder `target`, with owners, modes, times, links and hard links.

    Sockets and devices are left out. Holes in files stay holes.

    Raises:
        OSError: something cannot be read or written.
    """
    linked: dict[tuple[int, int], str] = {}
    folders = [""]
    for folder in folders:  # grows during the walk
        with os.scandir(source + folder) as found:
            entries = list(found)
        for entry in entries:
            path = f"{folder}/{entry.name}"
            facts = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(facts.st_mode):
                os.mkdir(target + path)
                folders.append(path)
            elif first := linked.get((facts.st_dev, facts.st_ino)):
                os.link(first, target + path, follow_symlinks=False)
            elif _copy_one(source + path, target + path, facts):
                if facts.st_nlink > 1:
                    linked[facts.st_dev, facts.st_ino] = target + path
                take_over(target + path, facts)
    for folder in reversed(folders):  # a folder's times change while it is filled
        take_over(target + folder, os.lstat(source + folder))


def empty(folder: str) -> None:
    """Remove the contents of a folder.

    Raises:
        OSError: something cannot be removed.
        RecursionError: folders are nested too deep.
    """
    with os.scandir(folder) as found:
        entries = list(found)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)


def _copy_one(source: str, target: str, facts: os.stat_result) -> bool:
    """Copy anything but a folder; return whether a copy was made."""
    if stat.S_ISLNK(facts.st_mode):
        os.symlink(os.readlink(source), target)
    elif stat.S_ISFIFO(facts.st_mode):
        os.mkfifo(target)
    elif stat.S_ISREG(facts.st_mode):
        _copy_content(source, target, facts.st_size)
    else:
        return False
    return True


def _copy_content(source: str, target: str, size: int) -> None:
    read = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        write = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
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


def take_over(path: str, facts: os.stat_result) -> None:
    """Give a path the owner, mode and times of `facts`, in an order in which none undoes another."""
    os.chown(path, facts.st_uid, facts.st_gid, follow_symlinks=False)
    if not stat.S_ISLNK(facts.st_mode):
        os.chmod(path, stat.S_IMODE(facts.st_mode))
    os.utime(path, ns=(facts.st_mtime_ns, facts.st_mtime_ns), follow_symlinks=False)
