"""Globs of paths in a tree: `*` and `?` within a name, `**` any number of folders."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence


def matcher(globs: Sequence[str]) -> Callable[[str], bool]:
    """Whether a path (with `/`, from the root of the tree) is one of `globs`. A folder stands for all below it."""
    patterns = [re.compile(_pattern(glob)) for glob in globs]
    return lambda path: any(pattern.fullmatch(path) for pattern in patterns)


def _pattern(glob: str) -> str:
    parts = []
    for token in re.findall(r"\*\*/|\*\*|\*|\?|\[!?[^\]/]+\]|.", glob.strip("/").removeprefix("./"), re.DOTALL):
        match token:
            case "**/":
                parts.append("(?:.*/)?")
            case "**":
                parts.append(".*")
            case "*":
                parts.append("[^/]*")
            case "?":
                parts.append("[^/]")
            case _ if len(token) > 1:
                parts.append(token.replace("[!", "[^", 1).replace("\\", "\\\\"))
            case _:
                parts.append(re.escape(token))
    return "".join(parts) + "(?:/.*)?"
