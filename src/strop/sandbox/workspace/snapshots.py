"""Save the state after a build where no command reaches it, and copy it for each run that starts from it.

No command runs meanwhile, so the files do not change while they are copied.
"""

# ruff: noqa: PTH101, PTH102, PTH108, PTH115, PTH123, PTH211 - one system call a file, for thousands of files

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
from contextlib import suppress

from strop.sandbox.workspace.base import GONE

CACHE = "CACHEDIR.TAG"
"""A folder with this file is a tool's cache, not a result of a program (https://bford.info/cachedir)."""
_CACHE_BEGINS = b"Signature: 8a477f597d28d172789f06886806bc55"
MOST_DIGESTS = 20_000
"""How many changed files get a digest each; further ones share one digest."""
_CHUNK = 1 << 20
_USUAL = 0o644
"""The mode of a file that a command writes, if it says nothing else."""
COMPILED = (
    b"\x7fELF",
    b"!<arch>\n",
    b"\0asm",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
)
"""First bytes of compiled programs, which differ even between programs that do the same."""


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
                _take_over(target + path, facts)
    for folder in reversed(folders):  # a folder's times change while it is filled
        _take_over(target + folder, os.lstat(source + folder))


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


def changes(kept: int, place: str, *, programs: bool) -> dict[str, str]:
    """What is below `place` and differs from the folder with the descriptor `kept`: path → digest of content and mode.

    The content of a link is its target, and of a folder, a pipe or a socket its kind; the path of a folder ends with a slash.
    `GONE` stands for what no longer exists. Caches are left out; without `programs`, compiled programs are, too.
    """
    found: dict[str, str] = {}
    further = hashlib.blake2b(digest_size=16)
    present = {path.removeprefix(f"{place}/"): path for path in _paths(place)}
    for name in sorted({*present, *_missing(kept, place)}, key=lambda name: (name.endswith("/"), name)):  # files first
        path = present.get(name)
        digest: str | None = GONE
        if path is not None:
            digest = None if _is_untouched(kept, name, path) else _digest(path, programs=programs)
        if digest is None:
            continue
        if len(found) < MOST_DIGESTS:
            found[name] = digest
        else:
            further.update(f"{name}\0{digest}\0".encode("utf-8", "surrogatepass"))
            found["..."] = further.hexdigest()
    return found


def _paths(place: str) -> list[str]:
    """Everything below a folder but caches."""
    paths: list[str] = []
    waiting = [place]
    for folder in waiting:  # grows during the walk
        found: list[os.DirEntry[str]] = []
        with suppress(OSError), os.scandir(folder) as entries:
            found = list(entries)
            if any(entry.name == CACHE and _is_tag(entry.path) for entry in found):
                continue
        paths += [f"{folder}/"] if folder != place else []
        folders = [entry.path for entry in found if entry.is_dir(follow_symlinks=False)]
        waiting += folders
        paths += sorted({entry.path for entry in found}.difference(folders))
    return paths


def _is_tag(path: str) -> bool:
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        return file.read(len(_CACHE_BEGINS)) == _CACHE_BEGINS


def _missing(kept: int, place: str) -> list[str]:
    """What the folder with the descriptor `kept` has and `place` does not, by path."""
    return [
        path
        for folder, folders, names, _ in os.fwalk(".", dir_fd=kept)
        for path in (f"{folder}/{name}".removeprefix("./") for name in (*names, *(f"{each}/" for each in folders)))
        if not os.path.lexists(f"{place}/{path}".removesuffix("/"))
    ]


def _is_untouched(kept: int, name: str, path: str) -> bool:
    """Whether a file is unchanged, by its size and times, or a folder itself, by its mode."""
    try:
        before = os.stat(name.removesuffix("/"), dir_fd=kept, follow_symlinks=False)
        after = os.lstat(path.removesuffix("/"))
    except OSError:
        return False
    if path.endswith("/"):
        return before.st_mode == after.st_mode
    return (before.st_mode, before.st_size, before.st_mtime_ns) == (after.st_mode, after.st_size, after.st_mtime_ns)


def _digest(path: str, *, programs: bool) -> str | None:
    """Digest of a file's content and mode, or what else it is; without `programs`, None for a compiled one. An unreadable file
    gets a digest that no content has."""
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            return f"-> {os.readlink(path)}"
        if not stat.S_ISREG(mode):
            return stat.filemode(mode)
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not programs and file.read(8).startswith(COMPILED):
                return None
            file.seek(0)
            digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
            return digest if stat.S_IMODE(mode) == _USUAL else f"{digest} {stat.filemode(mode)}"
    except OSError:
        return "unreadable"


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


def _take_over(path: str, facts: os.stat_result) -> None:
    """Copy owner, mode and times, in an order in which none undoes another."""
    os.chown(path, facts.st_uid, facts.st_gid, follow_symlinks=False)
    if not stat.S_ISLNK(facts.st_mode):
        os.chmod(path, stat.S_IMODE(facts.st_mode))
    os.utime(path, ns=(facts.st_mtime_ns, facts.st_mtime_ns), follow_symlinks=False)
