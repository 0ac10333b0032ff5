"""Globs of paths in a tree: `*` and `?` match within a name, `**/` matches any number of folders, including none.

Paths are relative to the root of the tree, with `/` between names. A folder matches everything below it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from strop.base.errors import ConfigurationError

_TEST_SETTINGS = ("pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml")
"""Files that can make a test runner load code."""


def matcher(globs: Sequence[str]) -> Callable[[str], bool]:
    """A function that tells whether a path matches one of `globs`. Raises ConfigurationError for a glob that cannot be read."""
    patterns = [glob_pattern(glob) for glob in globs]
    return lambda path: any(pattern.fullmatch(path) for pattern in patterns)


def glob_pattern(glob: str) -> re.Pattern[str]:
    """A glob as a regular expression, for `fullmatch`. A match takes at most as many steps as the glob has characters times those
    of the path: a star ends at the first place where the next part matches, and no other place is tried."""
    *folders, last = glob.strip("/").removeprefix("./").split("/")
    above = "".join(")(?>(?:[^/]+/)*?" if part == "**" else f"{_of_part(part)}/" for part in folders)
    try:
        return re.compile(f"(?>{above}{'.*' if last == '**' else f'{_of_part(last)}(?:/.*)?'})", re.DOTALL)
    except re.error as error:
        raise ConfigurationError(f"the glob {glob!a:.90} cannot be read: {error.msg}") from None


def _of_part(part: str) -> str:
    return "(?>" + "".join(map(_of_piece, re.findall(r"\[!?\]?[^\]]*\]|.", part, re.DOTALL))) + "(?![^/]))"


def _of_piece(piece: str) -> str:
    if len(piece) > 2:
        inner = piece[1:-1].replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^")
        return f"[^/{inner[1:]}]" if inner.startswith("!") else f"(?!/)[{inner}]"
    return {"*": ")(?>[^/]*?", "?": "[^/]"}.get(piece) or re.escape(piece)


def is_test(path: str) -> bool:
    """Whether a path is one of a test by convention, or says how tests run."""
    *folders, name = path.split("/")
    is_named = re.fullmatch(r"test_.*\.py|.*_test\.py|conftest\.py", name, re.DOTALL)
    return bool(is_named) or name in _TEST_SETTINGS or not {"test", "tests", "testing"}.isdisjoint(folders)
