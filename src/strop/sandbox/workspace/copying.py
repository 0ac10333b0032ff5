"""Copy a tree, before any command runs, in a process that no command can reach.

Links are copied as links and never followed. Devices, sockets, pipes, and large folders that commands do not need are left out.
"""

# ruff: noqa: PTH102, PTH106, PTH108, PTH123, PTH211 - one system call a file, for thousands of files

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from strop.base.absent import ABSENT
from strop.sandbox.workspace import snapshots

LEFT_OUT = frozenset({".git", ".venv", "node_modules", "__pycache__"})
_CHUNK = 1 << 20


@dataclass(frozen=True)
class CopyRules:
    """Which paths of a tree are copied."""

    left_out: frozenset[str] = frozenset()
    """Paths that are not copied."""
    only: frozenset[str] | None = None
    """Paths of the files that are copied; None: all."""

    def leave_out(self, path: str, *, is_folder: bool) -> bool:
        """Whether a path is not copied."""
        if path in self.left_out or self.only is None:
            return path in self.left_out
        return path not in self.only and not (is_folder and any(file.startswith(f"{path}/") for file in self.only))


ALL = CopyRules()


def copy_tree(root: int, target: str, files: Mapping[str, str], rules: CopyRules = ALL) -> None:
    """Copy the folder behind the descriptor `root` into the empty folder `target`, then lay `files` over its own.

    Raises:
        OSError: something cannot be read or written.
        ValueError: a path in `files` leads out of the tree or through a link.
    """
    _copy_folder(root, "", target, rules)
    lay_all(target, files)


def hand_over(folder: str, user: int) -> None:
    """Make a user the owner of a folder and of everything in it, except what is mounted there."""
    device = os.lstat(folder).st_dev
    os.chown(folder, user, user)
    with os.scandir(folder) as listing:
        entries = [entry for entry in listing if entry.stat(follow_symlinks=False).st_dev == device]
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            hand_over(entry.path, user)
        else:
            os.chown(entry.path, user, user, follow_symlinks=False)


def _copy_folder(folder: int, above: str, target: str, rules: CopyRules) -> None:
    with os.scandir(folder) as listing:
        entries = sorted(listing, key=lambda entry: entry.name)
    for entry in entries:
        path, name = above + entry.name, entry.name
        if rules.leave_out(path, is_folder=entry.is_dir(follow_symlinks=False) or entry.is_symlink()):
            continue
        if entry.is_symlink():
            os.symlink(os.readlink(name, dir_fd=folder), f"{target}/{path}")
        elif entry.is_dir():
            if name not in LEFT_OUT:
                os.mkdir(f"{target}/{path}", 0o755)
                with snapshots.opened(name, folder) as inner:
                    _copy_folder(inner, f"{path}/", target, rules)
        elif entry.is_file():
            _copy_file(folder, name, f"{target}/{path}")


def _copy_file(folder: int, name: str, target: str) -> None:
    source = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    with os.fdopen(source, "rb") as read:
        status = os.fstat(source)
        if not stat.S_ISREG(status.st_mode):
            return
        with open(target, "xb") as made:
            shutil.copyfileobj(read, made, _CHUNK)
            made.flush()
            os.fchmod(made.fileno(), 0o755 if status.st_mode & 0o111 else 0o644)
            os.utime(made.fileno(), ns=(status.st_mtime_ns, status.st_mtime_ns))


def lay_all(target: str, files: Mapping[str, str]) -> None:
    """Write or replace files, path → text, and remove those that are absent, with folders that are empty then.

    Raises:
        OSError: something cannot be written or removed.
        ValueError: a path leads out of the tree or through a link.
    """
    for path, text in sorted(files.items(), key=lambda item: item[1] != ABSENT):  # what was a file may be a folder now
        if text == ABSENT:
            _remove(target, path)
        else:
            lay(target, path, text.encode("utf-8", "surrogatepass"))


def _remove(target: str, path: str) -> None:
    *folders, file = paths = _paths_to(target, path)
    if not all(map(os.path.lexists, paths)):
        return
    for folder in folders:
        _check_folder(folder, path)
    if not stat.S_ISDIR(os.lstat(file).st_mode):
        os.unlink(file)
        with suppress(OSError):  # of the first that is not empty
            for folder in reversed(folders):
                os.rmdir(folder)


def _paths_to(target: str, path: str) -> list[str]:
    """The paths of the folders on the way to a file, and of the file. Raises ValueError if a path leads out of the tree."""
    parts = path.split("/")
    if not all(parts) or {".", ".."} & set(parts) or "\0" in path:
        raise ValueError(f"{path!r} is not a path in the tree")
    return ["/".join([target, *parts[: end + 1]]) for end in range(len(parts))]


def _check_folder(folder: str, path: str) -> None:
    if not stat.S_ISDIR(os.lstat(folder).st_mode):
        raise ValueError(f"{path!r} leads through something that is not a folder")


def lay(target: str, path: str, content: bytes) -> None:
    """Write or replace one file; keep its execute permission.

    Raises:
        OSError: it cannot be written.
        ValueError: the path leads out of the tree or through a link.
    """
    *folders, file = _paths_to(target, path)
    for folder in folders:
        try:
            os.mkdir(folder, 0o755)
        except FileExistsError:
            _check_folder(folder, path)
    mode = 0o644
    with suppress(FileNotFoundError):
        status = os.lstat(file)
        if stat.S_ISDIR(status.st_mode):
            raise ValueError(f"{path!r} is a folder in the tree")
        mode = 0o755 if stat.S_ISREG(status.st_mode) and status.st_mode & 0o111 else mode
        os.unlink(file)
    with open(file, "xb") as made:
        made.write(content)
        os.fchmod(made.fileno(), mode)
