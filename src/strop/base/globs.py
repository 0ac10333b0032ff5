"""Globs of paths in a tree: `*` and `?` match within a name, `**/` matches any number of folders, including none.

Paths are relative to the root of the tree, with `/` between names. A folder matches everything below it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence


def matcher(globs: Sequence[str]) -> Callable[[str], bool]:
    """A function that tells whether a path matches one of `globs`."""
    patterns = [glob_pattern(glob) for glob in globs]
    return lambda path: any(pattern.fullmatch(path) for pattern in patterns)


def matching(paths: Iterable[str], glob: str) -> tuple[str, ...]:
    """The `paths` that match a glob, in order."""
    return tuple(filter(matcher([glob]), paths))


def glob_pattern(glob: str) -> re.Pattern[str]:
    """A glob as a regular expression, for `fullmatch`."""
    *folders, last = glob.strip("/").removeprefix("./").split("/")
    above = "".join("(?:[^/]+/)*" if part == "**" else f"{_of_part(part)}/" for part in folders)
    return re.compile(above + (".*" if last == "**" else f"{_of_part(last)}(?:/.*)?"), re.DOTALL)


def _of_part(part: str) -> str:
    pieces = re.findall(r"\[!?\]?[^\]]*\]|.", part, re.DOTALL)
    return "".join(_of_piece(piece) for piece in pieces)


def _of_piece(piece: str) -> str:
    if len(piece) > 1:
        inner = piece[1:-1].replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^")
        return f"[^/{inner[1:]}]" if inner.startswith("!") else f"[{inner}]"
    return {"*": "[^/]*", "?": "[^/]"}.get(piece) or re.escape(piece)
