"""Find the lines of an edit in a file: exactly, or without regard to blanks. A match counts only if it is the only one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

MOST_MATCHES = 20
"""Matches of one edit that are considered."""
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        **dict.fromkeys("\u2018\u2019\u201b", "'"),
        **dict.fromkeys("\u201c\u201d\u201e", '"'),
        "\u2026": "...",
    }
)
"""Typographic characters that models write for plain ones."""


class Ambiguous(ValueError):
    """There are several matches. `rows` are the first lines of some of them, from 0."""

    def __init__(self, rows: Sequence[int]) -> None:
        super().__init__()
        self.rows = tuple(rows)


@dataclass(frozen=True)
class Match:
    """Lines `start` up to `stop` of a file."""

    start: int
    stop: int
    rows: tuple[int | None, ...]
    """Row in the file of each line of the edit; None for an empty line that the file does not have."""
    indents: Mapping[str, str]
    """Indentation in the edit → in the file. Empty for an exact match."""

    @property
    def is_exact(self) -> bool:
        return not self.indents


class Lines:
    """The lines of one file while it is edited."""

    def __init__(self, text: str) -> None:
        self._has_end = text.endswith("\n") or not text
        self._is_crlf = "\r\n" in text and text.replace("\r\n", "\n").replace("\n", "\r\n") == text
        pieces = (text.replace("\r\n", "\n") if self._is_crlf else text).split("\n")
        self.lines = pieces[:-1] if pieces[-1] == "" else pieces
        self._keys: list[str] | None = None

    @property
    def text(self) -> str:
        """The whole file, with the line ends and the last newline that it had."""
        plain = "\n".join(self.lines) + ("\n" if self._has_end and self.lines else "")
        return plain.replace("\n", "\r\n") if self._is_crlf else plain

    def replace(self, start: int, stop: int, lines: Sequence[str]) -> None:
        """Replace the lines from `start` up to `stop`."""
        self.lines[start:stop] = lines
        if self._keys is not None:
            self._keys[start:stop] = map(_key, lines)

    def filled(self) -> tuple[list[str], list[int]]:
        """The keys of the lines that are not empty, and their rows."""
        if self._keys is None:
            self._keys = [_key(line) for line in self.lines]
        rows = [row for row, key in enumerate(self._keys) if key]
        return [self._keys[row] for row in rows], rows


def find(file: Lines, before: Sequence[str], *, exact: bool) -> Match | None:
    """The only match of `before`; None if there is none. Unless `exact`, blanks and empty lines are ignored.

    Of several inexact matches, the only one with the indentation of the edit counts.

    Raises:
        Ambiguous: there are several.
    """
    if exact:
        starts = _starts(file.lines, before)
        size = len(before)
        matches = [Match(at, at + size, tuple(range(at, at + size)), {}) for at in starts]
    else:
        numbers = [number for number, text in enumerate(before) if text.strip()]
        keys, rows = file.filled()
        starts = _starts(keys, [_key(before[n]) for n in numbers])
        candidates = (_match(file, before, dict(zip(numbers, rows[at:], strict=False))) for at in starts)
        matches = [match for match in candidates if match is not None]
    if len(matches) > 1:
        unmoved = [match for match in matches if not exact and all(a == b for a, b in match.indents.items())]
        matches = unmoved if len(unmoved) == 1 else matches
    if len(matches) > 1:
        raise Ambiguous([match.start for match in matches])
    return matches[0] if matches else None


def closest(file: Lines, before: Sequence[str]) -> int | None:
    """The row, from 0, at which the part begins that shares most lines with `before`; None if no line is shared."""
    keys, rows = file.filled()
    offsets: dict[str, int] = {}
    for number, key in enumerate(_key(line) for line in before if line.strip()):
        offsets.setdefault(key, number)
    votes = Counter(at - offsets[key] for at, key in enumerate(keys) if key in offsets)
    return rows[max(votes.most_common(1)[0][0], 0)] if votes else None


def reindent(lines: Sequence[str], indents: Mapping[str, str]) -> list[str]:
    """New lines with the file's indentation; `indents`: in the edit → in the file."""
    if all(written == own for written, own in indents.items()):
        return list(lines)
    steps = _steps(indents)
    return [_translate(indent_of(line), indents, steps) + line.lstrip() if line.strip() else line for line in lines]


def indent_of(line: str) -> str:
    """The blanks at the start of a line."""
    return line[: len(line) - len(line.lstrip())]


def _key(line: str) -> str:
    """A line without blanks and typography."""
    return "".join((line if line.isascii() else line.translate(_PLAIN)).split())


def _starts(lines: Sequence[str], needle: Sequence[str]) -> list[int]:
    """The rows at which `needle` occurs in `lines`: the first `MOST_MATCHES`.

    The search is in one text, which takes linear time whatever the lines are.
    """
    if not needle:
        return []
    text, wanted = "\n".join(["", *lines, ""]), "\n".join(["", *needle, ""])
    starts: list[int] = []
    row = seen = 0
    at = text.find(wanted)
    while at >= 0 and len(starts) < MOST_MATCHES:
        row, seen = row + text.count("\n", seen, at), at
        starts.append(row)
        at = text.find(wanted, at + 1)
    return starts


def _match(file: Lines, before: Sequence[str], rows: dict[int, int]) -> Match | None:
    """The match where line `i` of `before` is row `rows[i]`, blanks aside.

    None if one indentation of the edit stands for two of the file, as when a model omits all indentation.
    """
    indents: dict[str, str] = {}
    for number, row in rows.items():
        own = indent_of(file.lines[row])
        if indents.setdefault(indent_of(before[number]), own) != own:
            return None
    for number in range(1, len(before)):
        row = rows.get(number - 1, len(file.lines)) + 1
        if not before[number].strip() and row < len(file.lines) and not file.lines[row].strip():
            rows[number] = row  # both have an empty line here
    return Match(min(rows.values()), max(rows.values()) + 1, tuple(map(rows.get, range(len(before)))), indents)


def _steps(indents: Mapping[str, str]) -> dict[str, str]:
    """The blanks of one level: in the edit → in the file."""
    levels = sorted(indents.items(), key=lambda level: len(level[0]))
    written_tabs, own_tabs = (any("\t" in level[side] for level in levels) for side in (0, 1))
    steps: dict[str, str] = {}
    for (outer, its), (deeper, own) in [*pairwise(levels), *([(("", ""), levels[0])] * (written_tabs != own_tabs))]:
        if deeper.startswith(outer) and own.startswith(its) and own != its:
            written, step = deeper[len(outer) :], own[len(its) :]
            tabs = max(written.count("\t"), step.count("\t")) or 1
            if written and len(written) % tabs == len(step) % tabs == 0:
                steps.setdefault(written[: len(written) // tabs], step[: len(step) // tabs])
    return steps


def _translate(indent: str, indents: Mapping[str, str], steps: Mapping[str, str]) -> str:
    """An indentation of the edit as the file would have it, from the nearest one that both have."""
    outer = max((each for each in indents if indent.startswith(each)), key=len, default=None)
    if outer is not None:
        return indents[outer] + _converted(indent[len(outer) :], steps)
    deeper = min((each for each in indents if each.startswith(indent)), key=len, default=None)
    if deeper is None:
        return indent
    extra = _converted(deeper[len(indent) :], steps)
    return indents[deeper].removesuffix(extra) if indents[deeper].endswith(extra) else ""


def _converted(blanks: str, steps: Mapping[str, str]) -> str:
    """Blanks of whole levels as the file writes them; other blanks unchanged."""
    for written, own in steps.items():
        levels = len(blanks) // len(written)
        if blanks == written * levels:
            return own * levels
    return blanks
