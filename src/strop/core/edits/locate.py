"""Where the lines of an edit belong in a text: exactly there or nearly, and only where that is one place."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from strop.core.edits.edit import EditFailed

MOST_PLACES = 20
"""Places of one edit that are looked at."""
MOST_WORK = 30_000_000
"""Characters and lines looked at, for all edits of one answer together: about two seconds."""
DRIFT = 0.85
"""The least likeness of a place whose lines differ: difflib's ratio over the characters of all lines."""
LINE_DRIFT = 0.6
"""The least difflib ratio of two lines that are taken for one."""
_SAME = 0.5
"""The least share of the lines that must be the same in such a place, blanks aside."""
_WINDOWS = 8
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        **dict.fromkeys("\u2018\u2019\u201b", "'"),
        **dict.fromkeys("\u201c\u201d\u201e", '"'),
        "\u2026": "...",
    }
)
"""Typographic characters that models write for plain ones."""


class Work:
    """Limits how much one answer is searched: near search is quadratic where somebody wants it to be.

    Work is counted and not timed, so that the same answer always ends in the same way.
    """

    def __init__(self) -> None:
        self._left = MOST_WORK

    def spend(self, amount: int) -> None:
        """Count before the work is done.

        Raises:
            EditFailed: it is too much.
        """
        self._left -= amount
        if self._left < 0:
            raise EditFailed("these edits take too long to find their places; write the whole program instead")


class Ambiguous(ValueError):
    """There are several places. `rows` are the first lines of some of them, from 0."""

    def __init__(self, rows: Sequence[int]) -> None:
        super().__init__()
        self.rows = tuple(rows)


@dataclass(frozen=True)
class Place:
    """Lines `start` up to `stop` of a text."""

    start: int
    stop: int
    rows: tuple[int | None, ...]
    """For each line of the edit the line of the text that it is; None for an empty line."""
    indents: Mapping[str, str]
    """Written indentation → the text's."""
    is_exact: bool


class Lines:
    """The lines of one file while it is edited."""

    def __init__(self, text: str, work: Work) -> None:
        self.has_end = text.endswith("\n") or not text
        """Whether the last line ends with a newline; edits do not change that."""
        self.is_crlf = "\r\n" in text and text.replace("\r\n", "\n").replace("\n", "\r\n") == text
        """Whether every line ends with CR and LF."""
        pieces = (text.replace("\r\n", "\n") if self.is_crlf else text).split("\n")
        self.lines = pieces[:-1] if pieces[-1] == "" else pieces
        self.work = work
        self._keys: list[str] | None = None

    @property
    def text(self) -> str:
        """The whole text again."""
        plain = "\n".join(self.lines) + ("\n" if self.has_end and self.lines else "")
        return plain.replace("\n", "\r\n") if self.is_crlf else plain

    def replace(self, start: int, stop: int, lines: Sequence[str]) -> None:
        """Put `lines` in the place of those from `start` up to `stop`."""
        self.work.spend(sum(map(len, lines)))
        self.lines[start:stop] = lines
        if self._keys is not None:
            self._keys[start:stop] = map(_key, lines)

    def filled(self) -> tuple[list[str], list[int]]:
        """The keys of the lines that are not empty, and their rows."""
        if self._keys is None:
            self.work.spend(sum(map(len, self.lines)))
            self._keys = [_key(line) for line in self.lines]
        self.work.spend(len(self._keys))
        rows = [row for row, key in enumerate(self._keys) if key]
        return [self._keys[row] for row in rows], rows


def find(text: Lines, before: Sequence[str], *, exact: bool, line: int | None = None, floor: int = 0) -> Place | None:
    """The one place of `before`; None where there is none. Unless `exact`, blanks and empty lines do not count.

    Of several places the one at `line` is meant, where there is one; else the only one that is not above `floor`; else the only
    one with the indentation that was written.

    Raises:
        Ambiguous: there are several.
    """
    if exact:
        own: Sequence[int] = range(len(before))
        rows: Sequence[int] = range(len(text.lines))
        starts = _starts(text.lines, list(before), line, text.work)
    else:
        own, needle = _needle(before, text.work)
        keys, rows = text.filled()
        starts = _starts(keys, needle, None if line is None else bisect_left(rows, line), text.work)
    pairs = (dict(zip(own, rows[start:], strict=False)) for start in starts)
    places = [place for each in pairs if (place := _place(text, before, each, None if exact else each))]
    if len(places) > 1:
        there = [place for place in places if place.start == line]
        below = [place for place in places if line is not None and place.start >= floor]
        unmoved = [place for place in places if all(written == its for written, its in place.indents.items())]
        below = below if len(starts) < MOST_PLACES and len(below) == 1 else []
        places = there or below or (unmoved if not exact and len(unmoved) == 1 else places)
    if len(places) > 1:
        raise Ambiguous([place.start for place in places])
    return places[0] if places else None


def find_near(text: Lines, before: Sequence[str]) -> Place | None:
    """The one place that is like `before`, though a few lines differ, are missing or are too many; None where there is none.

    Raises:
        Ambiguous: there are several.
    """
    own, needle = _needle(before, text.work)
    keys, rows = text.filled()
    scored: list[tuple[float, Place]] = []
    for start in _votes(keys, needle, text.work) if len(needle) > 1 else []:
        pairs = [(own[line], rows[at]) for line, at in _aligned(keys, needle, start, text.work)]
        same = {line: row for line, row in pairs if _key(before[line]) == _key(text.lines[row])}
        score = _likeness(text, before, pairs, same) if len(same) >= _SAME * len(needle) else 0.0
        place = _place(text, before, dict(pairs), same) if score >= DRIFT else None
        scored += [(score, place)] if place else []
    if not scored:
        return None
    best = max(scored, key=lambda each: each[0])[1]
    others = [each.start for _, each in scored if each.start >= best.stop or each.stop <= best.start]
    if others:
        raise Ambiguous([best.start, *others])
    return best


def closest(text: Lines, before: Sequence[str]) -> int | None:
    """The line, from 0, where the part begins that shares the most lines with `before`; None where none does."""
    keys, rows = text.filled()
    best = _votes(keys, _needle(before, text.work)[1], text.work)
    return rows[max(best[0], 0)] if best else None


def _key(line: str) -> str:
    """What lines that differ in blanks and typography only have in common."""
    return "".join((line if line.isascii() else line.translate(_PLAIN)).split())


def _needle(before: Sequence[str], work: Work) -> tuple[list[int], list[str]]:
    """(which lines are not empty, their keys)."""
    work.spend(sum(map(len, before)) + len(before))
    own = [line for line, text in enumerate(before) if text.strip()]
    return own, [_key(before[line]) for line in own]


def _starts(lines: Sequence[str], needle: list[str], hint: int | None, work: Work) -> list[int]:
    """Where lines stand among others: the first `MOST_PLACES` places, and that at the hint."""
    if not needle:
        return []
    anchor = max(range(len(needle)), key=lambda number: len(needle[number]))  # a long line is a rare one
    work.spend(len(lines) // 8 + len(needle))
    starts: list[int] = []
    at = anchor - 1
    while len(starts) < MOST_PLACES:
        try:
            at = lines.index(needle[anchor], at + 1)
        except ValueError:
            break
        work.spend(len(needle))
        if lines[at - anchor : at - anchor + len(needle)] == needle:
            starts.append(at - anchor)
    if hint is not None and hint not in starts and lines[hint : hint + len(needle)] == needle:
        starts.append(hint)
    return starts


def _place(text: Lines, before: Sequence[str], rows: dict[int, int], same: Mapping[int, int] | None) -> Place | None:
    """The place where line `i` of `before` is the line `rows[i]` of the text.

    `same` are the lines that differ in blanks only; None in an exact place. None where no function maps their indentation: one
    written indentation then stands for two, as when a model leaves all indentation out.
    """
    indents: dict[str, str] = {}
    for line, row in (same or {}).items():
        own = indent_of(text.lines[row])
        if indents.setdefault(indent_of(before[line]), own) != own:
            return None
    for line in range(1, len(before)) if same is not None else ():
        row = rows.get(line - 1, len(text.lines)) + 1
        if not before[line].strip() and row < len(text.lines) and not text.lines[row].strip():
            rows[line] = row  # an empty line that stands where the edit has one
    start, stop = min(rows.values()), max(rows.values()) + 1
    return Place(start, stop, tuple(map(rows.get, range(len(before)))), indents, same is None)


def _votes(keys: Sequence[str], needle: Sequence[str], work: Work) -> list[int]:
    """Where `needle` would begin if each line that it shares with `keys` were its own: the most votes first."""
    work.spend(10 * len(keys) + len(needle))
    offsets: dict[str, int] = {}
    for number, key in enumerate(needle):
        offsets.setdefault(key, number)
    votes = Counter(at - offsets[key] for at, key in enumerate(keys) if key in offsets)
    return [start for start, _ in votes.most_common(_WINDOWS)]


def _aligned(keys: Sequence[str], needle: Sequence[str], start: int, work: Work) -> list[tuple[int, int]]:
    """(line of the needle, its line in `keys`) around a place."""
    spread = min(2, len(needle) // 4)
    first = max(start - spread, 0)
    window = keys[first : max(start + len(needle) + spread, 0)]
    work.spend(len(window) * len(needle))
    pairs: list[tuple[int, int]] = []
    for tag, a, a_stop, b, b_stop in SequenceMatcher(None, needle, window, autojunk=False).get_opcodes():
        size = min(a_stop - a, b_stop - b) if tag in ("equal", "replace") else 0
        shift = (
            (a_stop - size, b_stop - size) if a == 0 else (a, b)
        )  # what differs at the start ends where the rest begins
        pairs += [(shift[0] + k, first + shift[1] + k) for k in range(size)]
    return pairs


def _likeness(text: Lines, before: Sequence[str], pairs: Sequence[tuple[int, int]], same: Mapping[int, int]) -> float:
    """How like a place is, in [0, 1]: difflib's ratio over the characters of all lines, blanks at their ends aside."""
    matched = 0.0
    for line, row in pairs:
        written, own = before[line].strip(), text.lines[row].strip()
        text.work.spend(0 if line in same else len(written) * len(own))
        ratio = 1.0 if line in same else SequenceMatcher(None, written, own, autojunk=False).ratio()
        matched += (len(written) + len(own)) * (ratio if ratio >= LINE_DRIFT else 0.0)
    rows = [row for _, row in pairs]
    lines = [*before, *text.lines[min(rows) : max(rows) + 1]]
    return matched / sum(len(line.strip()) for line in lines)


def indent_of(line: str) -> str:
    """The blanks that a line begins with."""
    return line[: len(line) - len(line.lstrip())]


def reindent(lines: Sequence[str], indents: Mapping[str, str]) -> list[str]:
    """New lines with the program's indentation; `indents`: written → the program's."""
    if all(written == own for written, own in indents.items()):
        return list(lines)
    steps = _steps(indents)
    return [_translate(indent_of(line), indents, steps) + line.lstrip() if line.strip() else line for line in lines]


def _steps(indents: Mapping[str, str]) -> dict[str, str]:
    """By how much one level is deeper than another: as written → as the program has it."""
    levels = sorted(indents.items(), key=lambda level: len(level[0]))
    written_tabs, own_tabs = (any("\t" in level[side] for level in levels) for side in (0, 1))
    pairs = [*pairwise(levels), *([(("", ""), levels[0])] if written_tabs != own_tabs else [])]
    steps: dict[str, str] = {}
    for (outer, its), (deeper, own) in pairs:
        if deeper.startswith(outer) and own.startswith(its) and own != its:
            written, step = deeper[len(outer) :], own[len(its) :]
            tabs = max(written.count("\t"), step.count("\t")) or 1
            if written and len(written) % tabs == len(step) % tabs == 0:
                steps.setdefault(written[: len(written) // tabs], step[: len(step) // tabs])
    return steps


def _translate(indent: str, indents: Mapping[str, str], steps: Mapping[str, str]) -> str:
    if indent in indents:
        return indents[indent]
    if shorter := [each for each in indents if indent.startswith(each)]:
        nearest = max(shorter, key=len)
        return indents[nearest] + _step(indent[len(nearest) :], steps)
    if longer := [each for each in indents if each.startswith(indent)]:
        nearest = min(longer, key=len)
        extra = _step(nearest[len(indent) :], steps)
        return indents[nearest].removesuffix(extra) if indents[nearest].endswith(extra) else ""
    return indent


def _step(blanks: str, steps: Mapping[str, str]) -> str:
    """Blanks of so many steps as the program writes them; as they are where they are not whole steps."""
    for written, own in steps.items():
        times = len(blanks) // len(written)
        if blanks == written * times:
            return own * times
    return blanks
