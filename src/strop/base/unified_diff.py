"""Unified diffs for `patch -p1` and `git apply`, whatever the line ends are."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path

from strop.base.absent import ABSENT
from strop.base.alignment import opcodes

BOM = "\ufeff"
"""The byte order mark that some editors write at the start of a file."""
COMPARED = 2_000
"""How many lines of either text, without equal ones at both ends, are aligned; in longer texts all in between is replaced."""
CONTEXT = 3
"""Equal lines around a change."""
_NO_NEWLINE = "\\ No newline at end of file\n"
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def named(file: Path, below: Path) -> str:
    """The name of `file` in a diff that applies in the directory `below`: its relative path, or its bare name."""
    path = os.path.relpath(file.absolute(), below.absolute())
    return Path(path).as_posix() if not path.startswith("..") else file.name


def plain_text(text: str) -> str:
    """A file's text as programs have it: newlines as line ends, and no byte order mark."""
    return text.removeprefix(BOM).replace("\r\n", "\n")


def as_written(text: str, like: str, *, is_version: bool = False) -> str:
    """The plain `text` in the form of the file `like`: with its byte order mark, its empty lines at both ends unless `text` has
    more, and its last newline or none. Unchanged lines keep their line ends, others get the most frequent one.
    `is_version`: `text` is a version of its own, not made from the file, and keeps its own empty lines."""
    if plain_text(like) == text:
        return like
    rows, own = _rows(plain_text(text)), _rows(like.removeprefix(BOM))
    first, stop = _filled(rows)
    own_first, own_stop = _filled(own)
    if first == stop or own_first == own_stop or ("\r" in like and "\n" not in like):
        return text
    mark = BOM if like.startswith(BOM) else ""
    body, own_body = [line for line, _ in rows[first:stop]], own[own_first:own_stop]
    usual = "\r\n" if 2 * like.count("\r\n") > like.count("\n") else "\n"
    ended = [(line, usual) for line in body]
    for tag, first_own, end_own, first_new, end_new in opcodes([line for line, _ in own_body], body):
        if tag == "equal":
            ended[first_new:end_new] = own_body[first_own:end_own]
    ended[:-1] = [(line, end or usual) for line, end in ended[:-1]]
    ends = ([], []) if is_version else (own[:own_first], own[own_stop:])
    above, below = _more(ends[0], rows[:first], usual), _more(ends[1], rows[stop:], usual)
    ended[-1] = (ended[-1][0], own_body[-1][1] or (usual if below else ""))
    return mark + "".join(line + end for line, end in [*above, *ended, *below])


def _more(own: list[tuple[str, str]], new: list[tuple[str, str]], usual: str) -> list[tuple[str, str]]:
    """The empty lines of `own` or `new`, whichever has more."""
    return own if len(own) >= len(new) else [(line, end and usual) for line, end in new]


def _rows(text: str) -> list[tuple[str, str]]:
    """The lines of a text as (line, line end); carriage returns before a newline belong to the line end."""
    pieces = text.split("\n")
    rows = [(piece.rstrip("\r"), f"{piece[len(piece.rstrip(chr(13))) :]}\n") for piece in pieces[:-1]]
    return rows + ([(pieces[-1], "")] if pieces[-1] else [])


def _filled(rows: Sequence[tuple[str, str]]) -> tuple[int, int]:
    """The first row that is not empty, and the end of the last."""
    filled = [number for number, (line, _) in enumerate(rows) if line.strip()]
    return (filled[0], filled[-1] + 1) if filled else (0, 0)


def unified_files(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """One diff of the files of two programs, name → text, in the order of `after`."""
    return "".join(unified(before.get(name, ""), text, name) for name, text in after.items())


def unified(before: str, after: str, name: str) -> str:
    """The unified diff of the file `name` from `before` to `after`; empty if they are equal. One may be absent.

    Lines end at newlines only: form feeds, lone carriage returns and Unicode line separators are ordinary characters. The work is
    bounded, however long the texts are.
    """
    if before == after:
        return ""
    a, b = _lines(before), _lines(after)
    names = [_quoted(f"{side}/{name}") for side in "ab"]
    if not a and not b:  # only git's own lines add or delete an empty file
        how = "new" if before == ABSENT else "deleted"
        return f"diff --git {' '.join(quoted.rstrip(chr(9)) for quoted in names)}\n{how} file mode 100644\n"
    old, new = ("/dev/null" if text == ABSENT else quoted for text, quoted in zip((before, after), names, strict=True))
    lines = [f"--- {old}\n", f"+++ {new}\n"]
    matcher: SequenceMatcher[str] = SequenceMatcher(None, (), ())
    matcher.opcodes = list(opcodes(a, b, COMPARED))  # type: ignore[attr-defined]  # instead of its own
    for group in matcher.get_grouped_opcodes(CONTEXT):
        (_, first, _, second, _), (_, _, last, _, end) = group[0], group[-1]
        lines.append(f"@@ -{_span(first, last)} +{_span(second, end)} @@\n")
        for tag, start, stop, new_start, new_stop in group:
            if tag == "equal":
                lines += [f" {line}" for line in a[start:stop]]
            else:
                lines += [f"-{line}" for line in a[start:stop]] + [f"+{line}" for line in b[new_start:new_stop]]
    return "".join(line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}" for line in lines)


def _span(start: int, stop: int) -> str:
    """A range of lines as `patch` reads it."""
    count = stop - start
    return f"{start + 1}" if count == 1 else f"{start + 1 if count else start},{count}"


def changed_lines(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, tuple[int, int]]:
    """File that differs → (lines that only `after` has, lines that only `before` has)."""
    counts = {}
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            a, b = _lines(before.get(name, ABSENT)), _lines(after.get(name, ABSENT))
            ranges = [opcode for opcode in opcodes(a, b, COMPARED) if opcode[0] != "equal"]
            counts[name] = (
                sum(new_stop - new for *_, new, new_stop in ranges),
                sum(stop - start for _, start, stop, *_ in ranges),
            )
    return counts


def _lines(text: str) -> list[str]:
    pieces = text.removeprefix(ABSENT).split("\n")
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
