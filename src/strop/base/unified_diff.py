"""Unified diffs for `patch -p1` and `git apply`, whatever the line ends are."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path

_NO_NEWLINE = "\\ No newline at end of file\n"
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def named(file: Path, below: Path) -> str:
    """The name of `file` in a diff that applies in the directory `below`: its relative path, or its bare name."""
    path = os.path.relpath(file.absolute(), below.absolute())
    return Path(path).as_posix() if not path.startswith("..") else file.name


def as_written(text: str, like: str) -> str:
    """`text` with the line ends of `like`: common lines keep their own, others get the most frequent one."""
    if "\r\n" not in like:
        return text
    plain = text.replace("\r\n", "\n")
    if like.replace("\r\n", "\n").replace("\n", "\r\n") == like:
        return plain.replace("\n", "\r\n")
    before, after = _lines(like), _lines(plain)
    crlf = 2 * like.count("\r\n") > like.count("\n")
    ended = [f"{line[:-1]}\r\n" if crlf and line.endswith("\n") else line for line in after]
    same = difflib.SequenceMatcher(None, [line.replace("\r\n", "\n") for line in before], after, autojunk=False)
    for block in same.get_matching_blocks():
        ended[block.b : block.b + block.size] = before[block.a : block.a + block.size]
    return "".join(ended)


def unified_files(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """One diff of several files, name → text, in the order of `after`; files that only `after` has are new."""
    return "".join(
        unified(before[name], text, name) if name in before else _new(text, name)
        for name, text in after.items()
        if before.get(name) != text
    )


def _new(text: str, name: str) -> str:
    if text:
        return unified("", text, name).replace(f"--- {_quoted(f'a/{name}')}", "--- /dev/null", 1)
    # Only git's own header can express an empty file.
    header = f"diff --git {_quoted(f'a/{name}').rstrip()} {_quoted(f'b/{name}').rstrip()}\n"
    return f"{header}new file mode 100644\nindex 0000000..e69de29\n"


def unified(before: str, after: str, name: str) -> str:
    """The unified diff of the file `name` from `before` to `after`; empty if they are equal.

    Lines end at newlines only: form feeds, lone carriage returns and Unicode line separators are ordinary characters.
    """
    lines = difflib.unified_diff(_lines(before), _lines(after), _quoted(f"a/{name}"), _quoted(f"b/{name}"))
    return "".join(line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}" for line in lines)


def _lines(text: str) -> list[str]:
    pieces = text.split("\n")
    return [f"{piece}\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def _quoted(name: str) -> str:
    """A file name as git writes it: special characters as C escapes in quotes; a tab after a name with blanks."""
    if all(character.isprintable() and character not in _ESCAPES for character in name):
        return f"{name}\t" if " " in name else name
    return '"' + "".join(_ESCAPES.get(character) or _octal(character) for character in name) + '"'


def _octal(character: str) -> str:
    if character.isprintable():
        return character
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))
