"""Where the lines of an edit belong in a text: exactly there, or nearly, and only where that is one place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from strop.core.edits.indentation import indents
from strop.core.edits.lines import LIKENESSES, MOST_PLACES, Likeness, Lines
from strop.core.edits.search_limit import Work

DRIFT = 0.85
"""The least likeness of a place that is found though its lines differ: difflib's ratio, over the characters of all lines."""
SAME = 0.5
"""The least share of its lines that must be the same there, blanks aside."""
LINE_DRIFT = 0.6
"""The least difflib ratio of two lines that are taken for one."""
MOST_DRIFTING = 400
"""Lines of an edit that is searched so."""
_WINDOWS = 8
_LINE = 200
"""Characters of a line that are compared."""
_PAIR = 40_000
_COUNTING = 10
"""What it takes to count one line of every window."""


@dataclass(frozen=True)
class Place:
    """Lines `start` up to `stop` of a text."""

    start: int
    stop: int
    rows: tuple[int | None, ...]
    """For each line of the edit the line of the text that it is; None for an empty line, or one that is not there."""
    indents: dict[str, str]
    """Written indentation → the text's."""
    is_exact: bool


class Ambiguous(ValueError):
    """There are several places. `rows` are the first lines of some of them, from 0."""

    def __init__(self, rows: Sequence[int]) -> None:
        super().__init__()
        self.rows = tuple(rows)


def find(
    text: Lines, before: Sequence[str], likeness: Likeness, line: int | None = None, floor: int = 0
) -> Place | None:
    """The one place of `before` under a likeness; None where there is none.

    Of several places the one at `line` is meant, where there is one; else the only one that is not above `floor`.

    Raises:
        Ambiguous: there are several.
    """
    word, rows = text.word(likeness)
    needle, own = text.needle(before, likeness)
    starts = text.starts(needle, word)
    if line is not None and likeness != "blanks" and word.startswith(needle, line) and line not in starts:
        starts.append(line)
    places = [place for place in (_place(text, before, own, rows, start, likeness) for start in starts) if place]
    if len(places) > 1:
        there = [place for place in places if place.start == line]
        below = [place for place in places if line is not None and place.start >= floor]
        places = there or (below if len(starts) < MOST_PLACES and len(below) == 1 else places)
    if len(places) > 1:
        raise Ambiguous([place.start for place in places])
    return places[0] if places else None


def _place(
    text: Lines, before: Sequence[str], own: Sequence[int], rows: Sequence[int], start: int, likeness: Likeness
) -> Place | None:
    """The place whose lines are `rows` from `start` on; None where the indentation does not go together."""
    found: list[int | None] = [None] * len(before)
    for offset, line in enumerate(own):
        found[line] = rows[start + offset]
    return _made(text, before, found, likeness == "exact")


def _made(text: Lines, before: Sequence[str], found: Sequence[int | None], is_exact: bool) -> Place | None:
    pairs = [(line, text.lines[row]) for line, row in zip(before, found, strict=True) if row is not None]
    known = {} if is_exact else indents(pairs)
    there = [row for row in found if row is not None]
    return None if known is None else Place(there[0], there[-1] + 1, tuple(found), known, is_exact)


def find_drifted(text: Lines, before: Sequence[str], work: Work) -> Place | None:
    """The one place that is like `before`, though lines differ, are missing or are too many; None where there is none.

    Raises:
        Ambiguous: there are several.
    """
    word, rows = text.word("blanks")
    needle, own = text.needle(before, "blanks")
    if not 2 <= len(needle) <= MOST_DRIFTING:
        return None
    scored = []
    for start in _likely(word, needle, work):
        spread = min(2, len(needle) // 4)
        for size in range(len(needle) - spread, len(needle) + spread + 1):
            if 0 < size <= len(word) - start:
                score, pairs = _alike(text, before, (word[start : start + size], rows, start), (needle, own), work)
                if score >= DRIFT:
                    scored.append((score, -size, -start, pairs))
    if not scored:
        return None
    _, size, start, pairs = max(scored, key=lambda each: each[:3])
    places = [(-start, -size)]
    for each in sorted(scored, key=lambda each: each[:3], reverse=True):
        if not any(_overlap(place, (-each[2], -each[1])) for place in places):
            places.append((-each[2], -each[1]))
    if len(places) > 1:
        raise Ambiguous([rows[first] for first, _ in places])
    found: list[int | None] = [None] * len(before)
    same: list[tuple[str, str]] = []
    for line, row, is_same in pairs:
        found[line] = row
        if is_same:
            same.append((before[line], text.lines[row]))
    known = indents(same)
    there = [row for row in found if row is not None]
    return Place(there[0], there[-1] + 1, tuple(found), known, False) if known is not None else None


def _overlap(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return a[0] < b[0] + b[1] and b[0] < a[0] + a[1]


def _likely(word: str, needle: str, work: Work, least: float = SAME) -> list[int]:
    """Where a window of the needle's length shares at least that part of its lines, the most first."""
    size = min(len(needle), len(word))
    work.spend(_COUNTING * len(word) + len(needle))
    wanted, there = Counter(needle), dict.fromkeys(needle, 0)
    enough, shared = max(1, least * len(needle)), 0
    found: list[tuple[int, int]] = []
    for stop, character in enumerate(word, 1):
        if character in there:
            there[character] += 1
            shared += there[character] <= wanted[character]
        if stop > size and word[stop - size - 1] in there:
            gone = word[stop - size - 1]
            shared -= there[gone] <= wanted[gone]
            there[gone] -= 1
        if shared >= enough and stop >= size:
            found.append((-shared, stop - size))
    return [start for _, start in sorted(found)[:_WINDOWS]]


def _alike(
    text: Lines,
    before: Sequence[str],
    window: tuple[str, Sequence[int], int],
    wanted: tuple[str, Sequence[int]],
    work: Work,
) -> tuple[float, list[tuple[int, int, bool]]]:
    """How like a window is, in [0, 1], and which lines of it are which of `before`, and whether they are the same."""
    (word, rows, first), (needle, own) = window, wanted
    work.spend(len(word) * len(needle))
    pairs: list[tuple[int, int, bool]] = []
    matched = 0.0
    for tag, a, a_stop, b, b_stop in SequenceMatcher(None, needle, word, autojunk=False).get_opcodes():
        if tag == "equal":
            pairs += [(own[a + k], rows[first + b + k], True) for k in range(a_stop - a)]
            matched += sum(_weight(before[own[a + k]]) for k in range(a_stop - a))
        elif tag == "replace":
            for k in range(min(a_stop - a, b_stop - b)):
                mine, its = before[own[a + k]].strip()[:_LINE], text.lines[rows[first + b + k]].strip()[:_LINE]
                work.spend(min(len(mine) * len(its), _PAIR))
                ratio = SequenceMatcher(None, mine, its, autojunk=False).ratio()
                if ratio >= LINE_DRIFT:
                    pairs.append((own[a + k], rows[first + b + k], False))
                    matched += ratio * (len(mine) + len(its)) / 2
    total = sum(_weight(before[line]) for line in own)
    total += sum(_weight(text.lines[rows[first + k]]) for k in range(len(word)))
    enough = sum(is_same for _, _, is_same in pairs) >= SAME * len(needle)
    return (2 * matched / total if enough and total else 0.0), pairs


def _weight(line: str) -> int:
    return len(line.strip()[:_LINE])


def closest(text: Lines, before: Sequence[str], work: Work) -> int | None:
    """The line, from 0, where the part begins that shares the most lines with `before`; None where none does."""
    word, rows = text.word("blanks")
    needle, _ = text.needle(before, "blanks")
    starts = _likely(word, needle, work, 0.0) if needle and word else []
    if not starts:
        return None
    # Of the windows that share the same lines, the one in which the first of them stands where it does in `before`.
    for offset, character in enumerate(needle):
        at = word.find(character, starts[0], starts[0] + len(needle))
        if at >= 0:
            return rows[max(at - offset, 0)]
    return rows[starts[0]]


__all__ = ["DRIFT", "LIKENESSES", "Ambiguous", "Place", "closest", "find", "find_drifted"]
