"""Protected files of a copy: prevent changes, or detect them.

The first of three ways that the machine allows: commands run under a uid that does not own the files, in folders where only
owners may rename files; or each file is mounted on itself, read-only; or nothing prevents changes, and files are compared later.
"""

# ruff: noqa: PTH101, PTH102, PTH114, PTH115, PTH123 - one system call a file, for thousands of files

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from strop.sandbox.confinement import root
from strop.sandbox.confinement.kernel import Kernel
from strop.sandbox.workspace.copying import Copied

Way = Literal["owner", "mounts", "none"]

WAYS: dict[Way, str] = {
    "owner": "owned by another user than the commands'",
    "mounts": "mounted read-only, one by one",
    "none": "not prevented; compared afterwards",
}

MOUNTS = 2000
"""At most this many protected files are mounted one by one."""
_STICKY = 0o1777


@dataclass(frozen=True)
class _KnownFile:
    """The state of a file before any command ran."""

    kind: int
    number: int
    size: int
    changed: int
    digest: bytes
    """Empty if the kernel's facts suffice."""


class Guard:
    """Watches over the protected files of one copy."""

    def __init__(self, place: str, copied: Copied, way: Way, barred: Sequence[str] = ()) -> None:
        self.way = way
        self.place = place
        """Root of the copy in the caller's present root."""
        self._protected = [path for path, writable in copied.files.items() if not writable]
        self._barred = barred
        self._changed: frozenset[str] = frozenset()
        self._seen = {path: self._look(path) for path in self._protected}

    def keep_changes(self) -> None:
        """Count what has changed so far as changed permanently."""
        self._changed = frozenset(self.tampered())

    def renew(self, kernel: Kernel) -> None:
        """Protect the files again, in a new copy with the same owners and modes at the same path."""
        if self.way == "mounts":
            _mount(kernel, self.place, self._protected, self._barred)
        if self.way != "none":
            self._seen = {path: self._look(path) for path in self._protected if path not in self._changed}

    def tampered(self) -> list[str]:
        """Paths of protected files that have changed."""
        found = []
        for path in self._protected:
            try:
                if path in self._changed or self._look(path) != self._seen[path]:
                    found.append(path)
            except OSError:  # it is gone or cannot be read
                found.append(path)
        return found

    def _look(self, path: str) -> _KnownFile:
        place = f"{self.place}/{path}"
        facts = os.lstat(place)
        if self.way != "none" and stat.S_ISREG(facts.st_mode):
            return _KnownFile(facts.st_mode, facts.st_ino, facts.st_size, facts.st_mtime_ns, b"")
        return _KnownFile(facts.st_mode, 0, facts.st_size, 0, _digest(place, facts.st_mode))


def guard(kernel: Kernel, place: str, copied: Copied, *, uid: int | None, mounts: bool) -> Guard:
    """Protect the protected files of a copy.

    Args:
        place: root of the copy.
        uid: the commands' uid, if it differs from the caller's.
        mounts: whether the caller may mount.
    """
    os.chmod(place, _STICKY)
    for folder in copied.folders:
        os.chmod(f"{place}/{folder}", _STICKY)
    barred = _bar_bytecode(place, copied)
    if uid is not None:
        for path, writable in copied.files.items():
            if writable:
                os.chown(f"{place}/{path}", uid, uid, follow_symlinks=False)
        return Guard(place, copied, "owner")
    protected = [path for path, writable in copied.files.items() if not writable]
    if not mounts or len(protected) > MOUNTS:
        return Guard(place, copied, "none")
    _mount(kernel, place, protected, barred)
    return Guard(place, copied, "mounts", barred)


def _mount(kernel: Kernel, place: str, protected: Sequence[str], barred: Sequence[str]) -> None:
    """Mount files on themselves, read-only, and the folders around them unchanged."""
    around = {part for path in [*protected, *barred] for part in _folders_of(path)}
    for folder in sorted(around):  # outer ones first
        root.pin(kernel, f"{place}/{folder}")
    for path in [*protected, *barred]:
        if not os.path.islink(f"{place}/{path}"):
            root.protect(kernel, f"{place}/{path}")


def _bar_bytecode(place: str, copied: Copied) -> list[str]:
    """Make a folder for bytecode that commands cannot write to beside all Python files; return their paths.

    Otherwise a command could put bytecode there, which Python would run instead of the source.
    """
    barred = []
    for folder in copied.sources:
        bar = f"{place}/{folder}/__pycache__" if folder else f"{place}/__pycache__"
        if not os.path.lexists(bar):
            os.mkdir(bar, 0o555)
            os.chmod(bar, 0o555)
            barred.append(bar.removeprefix(place + "/"))
    return barred


def _folders_of(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]


def _digest(place: str, mode: int) -> bytes:
    if stat.S_ISLNK(mode):
        return os.fsencode(os.readlink(place))
    if not stat.S_ISREG(mode):
        return b""
    with open(os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        return hashlib.file_digest(file, "blake2b").digest()
