"""Unified diffs that `patch -p1` and `git apply` take, whatever stands at the ends of lines."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

_NO_NEWLINE = "\\ No newline at end of file\n"
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def named(file: Path, below: Path) -> str:
    """The name of `file` in a diff that is applied in the directory `below`: its path from there, else its bare name."""
    path = os.path.relpath(file.absolute(), below.absolute())
    return Path(path).as_posix() if not path.startswith("..") else file.name


def as_written(text: str, like: str) -> str:
    """`text` with the line ends of `like`: CRLF where every line of that ends so."""
    if "\r\n" not in like or like.replace("\r\n", "\n").replace("\n", "\r\n") != like:
        return text
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def unified(before: str, after: str, name: str) -> str:
    """The unified diff from `before` to `after`, both of the file `name`; empty where they are equal.

    Lines end at newlines only: form feeds, lone carriage returns and the line separators of Unicode are characters like others.
    """
    lines = difflib.unified_diff(_lines(before), _lines(after), _quoted(f"a/{name}"), _quoted(f"b/{name}"))
    return "".join(line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}" for line in lines)


def _lines(text: str) -> list[str]:
    pieces = text.split("\n")
    return [f"{piece}\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def _quoted(name: str) -> str:
    """A file's name as git writes it: odd characters as C escapes between quotes; a tab ends a name that holds blanks."""
    if all(character.isprintable() and character not in _ESCAPES for character in name):
        return f"{name}\t" if " " in name else name
    return '"' + "".join(_ESCAPES.get(character) or _octal(character) for character in name) + '"'


def _octal(character: str) -> str:
    if character.isprintable():
        return character
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))
