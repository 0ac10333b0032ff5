"""Python processes of our own: none takes code from the current folder, whose files may be anybody's.

Python itself does so: `-m` and `-c` search the current folder first, and an empty or relative entry of a search path in the
environment names it, or a folder below it (`PYTHONPATH=:/more` has an empty entry).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

EXECUTABLE = os.path.abspath(sys.executable)  # noqa: PTH100
"""The absolute path of this process's interpreter, without `..`, which may lead through folders that a jail does not have. Links
stay, because Python finds its environment by them."""

_LISTS = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH")
"""Variables that list folders which code comes from."""
_PLACES = ("PYTHONHOME", "PYTHONUSERBASE", "PYTHONPYCACHEPREFIX", "PYTHONSTARTUP")
"""Variables that name one such folder."""


def python(*arguments: str) -> list[str]:
    """The command line of a Python process of our own; start it with `environment()` or another without relative
    paths."""
    return [EXECUTABLE, "-P", *arguments]


def to_add(package: str) -> str:
    """The command that adds a package to strop's own environment, whichever tool made that."""
    prefix = Path(sys.prefix)
    if (prefix / "uv-receipt.toml").is_file():
        return f"uv pip install --python {EXECUTABLE} {package}"
    if (prefix / "pipx_metadata.json").is_file():
        return f"pipx inject strop {package}"
    return f"{EXECUTABLE} -m pip install {package}"


def environment() -> dict[str, str]:
    """The variables of this process, without paths that are relative to the current folder."""
    variables = dict(os.environ)
    for name in _LISTS:
        if entries := variables.pop(name, ""):
            absolute = [entry for entry in entries.split(os.pathsep) if entry.startswith("/")]
            variables |= {name: os.pathsep.join(absolute)} if absolute else {}
    for name in _PLACES:
        if not variables.get(name, "/").startswith("/"):
            del variables[name]
    return variables


_users_variables: dict[str, str] = {}


def users_environment() -> dict[str, str]:
    """The variables as they were when strop started, for the user's own programs."""
    return dict(_users_variables or os.environ)


def leave_current_folder() -> None:
    """Stop importing code from the current folder, in this process and in those that it starts.

    A folder in `PYTHONPATH` that the user names by its absolute path stays.
    """
    before = dict(os.environ)
    _users_variables.update(before)
    relative = _folders(before, absolute=False) - _folders(before, absolute=True)
    sys.path[:] = [entry for entry in sys.path if entry.startswith("/") and entry not in relative]
    variables = environment()
    for name in before.keys() - variables.keys():
        del os.environ[name]
    os.environ.update(variables)


def _folders(variables: Mapping[str, str], *, absolute: bool) -> set[str]:
    """The folders of `PYTHONPATH`, as they stand in `sys.path`."""
    entries = variables["PYTHONPATH"].split(os.pathsep) if variables.get("PYTHONPATH") else []
    return {os.path.abspath(entry) for entry in entries if entry.startswith("/") is absolute}  # noqa: PTH100
