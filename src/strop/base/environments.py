"""Python environments: what an interpreter needs to start, and what of the host can be shown to commands."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

COPY = "/copy"
"""Path of the copy for commands with namespaces."""
_OWN = ("/tmp", "/dev/shm", COPY)
"""Folders that commands have of their own. What the host has below the first two is added to their files."""
_MACHINE = ("/proc", "/sys", "/dev", "/run")


def needed_by(environment: Path) -> list[Path]:
    """The paths that a command must be shown to run an environment's Python: its folder, and where its interpreters' links lead.

    A virtual environment's `bin/python` is a link, often to another link, and the standard library is beside the last.
    Without one of these links a shell would run the next Python of its search path instead. A link to anything but an interpreter
    is not followed: the environment may come with a repository, and its links may lead to any file of the user's.
    """
    paths = [environment]
    for interpreter in _interpreters(environment):
        links = list(_links_of(interpreter))[1:]
        if not is_program(interpreter.resolve()):
            continue
        ends = [end.parent.parent for end in (*links[-1:], interpreter.resolve())]
        paths += [*links, *(end for end in ends if any(end.glob("lib*/*/os.py")))]
    return list(dict.fromkeys(paths))


def why_hidden(path: Path) -> str:
    """Why commands cannot be shown a file or folder of the host; empty if they can."""
    real = path.resolve()
    if str(real) in _OWN or real.is_relative_to(COPY):
        return f"commands have a {COPY if real.is_relative_to(COPY) else real} of their own"
    if real == Path("/"):
        return "it leads to every file of the machine"
    in_run = [folder for folder in (real, real.parent.parent) if Path("/run") in folder.parents]
    if any(map(_interpreters, in_run)) or real.is_relative_to("/dev/shm"):
        return ""
    return "it leads to the machine's other processes" if any(map(real.is_relative_to, _MACHINE)) else ""


def at_home(path: str | Path) -> Path:
    """A path with a beginning of `~` expanded, if there is such a user."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - which raises an error if there is none


def _interpreters(environment: Path) -> list[Path]:
    files = sorted((environment / "bin").glob("python*"))
    return [path for path in files if re.fullmatch(r"python[\d.]*t?", path.name) and path.is_file()]


def is_program(file: Path) -> bool:
    """Whether a file is a Python by its name and by its first bytes."""
    if not re.fullmatch(r"(python|pypy)[\d.]*t?", file.name) or not (
        file.is_file() and os.access(file, os.R_OK | os.X_OK)
    ):
        return False
    with file.open("rb") as opened:
        return opened.read(4) == b"\x7fELF"


def _links_of(path: Path) -> Iterator[Path]:
    """A path, each link that it leads through, and the file at the end."""
    for _ in range(40):  # as many as the kernel follows
        yield path
        if not path.is_symlink():
            return
        path = Path(os.path.normpath(path.parent / path.readlink()))
