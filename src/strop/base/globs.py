"""Globs of paths in a tree: `*` and `?` match within a name, `**/` matches any number of folders, including none.

Paths are relative to the root of the tree, with `/` between names. A folder matches everything below it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from strop.base.errors import ConfigurationError


def matcher(globs: Sequence[str]) -> Callable[[str], bool]:
    """A function that tells whether a path matches one of `globs`; each takes as many steps as both are long, multiplied.

    Raises:
        ConfigurationError: one of them cannot be read.
    """
    compiled = [_parts(glob) for glob in globs]
    return lambda path: any(_fits(parts, path.split("/")) for parts in compiled)


def matching(paths: Iterable[str], glob: str) -> tuple[str, ...]:
    """The `paths` that match a glob, in order. Raises like `matcher`."""
    return tuple(filter(matcher([glob]), paths))


def _parts(glob: str) -> list[list[re.Pattern[str]] | None]:
    """What each name must be: what stands between the stars of a part; None for `**`."""
    *folders, last = glob.strip("/").removeprefix("./").split("/")
    try:
        return [None if part == "**" else _pieces(part) for part in (*folders, "*" if last == "**" else last, "**")]
    except re.error as error:
        raise ConfigurationError(f"the glob {glob!a:.90} cannot be read: {error}") from None


def _pieces(part: str) -> list[re.Pattern[str]]:
    texts = [""]
    for piece in re.findall(r"\[!?\]?[^\]]*\]|.", part, re.DOTALL):
        if piece == "*":
            texts.append("")
        elif len(piece) > 1:
            inner = re.sub(r"[\\\[\]^]", r"\\\g<0>", piece[1:-1])
            texts[-1] += f"[^/{inner[1:]}]" if inner.startswith("!") else f"[{inner}]"
        else:
            texts[-1] += "." if piece == "?" else re.escape(piece)
    texts[0] = rf"\A{texts[0]}"
    texts[-1] += r"\Z"
    return [re.compile(text, re.DOTALL) for text in texts]


def _fits(parts: Sequence[list[re.Pattern[str]] | None], names: Sequence[str]) -> bool:
    """Only the last `**` ever takes more names: what those before it took first leaves the most to the rest."""
    part = name = star = taken = 0
    while name < len(names):
        wanted = parts[part]
        if wanted is None:
            part, star, taken = part + 1, part + 1, name
            if part == len(parts):
                return True
        elif _is_name(wanted, names[name]):
            part, name = part + 1, name + 1
        elif star:
            taken += 1
            part, name = star, taken
        else:
            return False
    return not any(parts[part:])


def _is_name(pieces: Iterable[re.Pattern[str]], name: str) -> bool:
    """As above: the first place of each piece leaves the most to the rest."""
    at = 0
    for piece in pieces:
        if (found := piece.search(name, at)) is None:
            return False
        at = found.end()
    return True
