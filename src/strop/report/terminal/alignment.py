"""Two texts line by line: which lines stand in both, and which beside one another. The work is bounded, whatever the texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

CONTEXT = 3
"""Equal lines that are shown around a difference."""
COMPARED = 2_000
"""Lines on either side, equal beginnings and ends aside, that are aligned; of longer texts all between is taken as replaced."""


@dataclass(frozen=True)
class Pair:
    """A line of the first text beside a line of the second; None where one has no such line. Numbers count from 0."""

    before: int | None
    after: int | None
    equal: bool


def lines_of(text: str) -> list[str]:
    """The lines of a text without their ends, of which `\\r\\n` is one; every other control character is a character."""
    lines = text.replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines and not lines[-1] else lines


def ends_of(text: str) -> str:
    """How the lines of a text end, in words."""
    crlf, newlines = text.count("\r\n"), text.count("\n")
    kind = "no newline" if not newlines else "LF" if not crlf else "CRLF" if crlf == newlines else "CRLF and LF"
    return f"{kind}, no newline at the end" if newlines and not text.endswith("\n") else kind


def aligned(before: Sequence[str], after: Sequence[str]) -> list[Pair]:
    """Every line of both, in order; what was replaced stands beside what replaces it."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    middle_a, middle_b = before[start : len(before) - end], after[start : len(after) - end]
    found = [Pair(line, line, True) for line in range(start)]
    found += [
        Pair(None if a is None else a + start, None if b is None else b + start, equal)
        for a, b, equal in _middle(middle_a, middle_b)
    ]
    found += [Pair(len(before) - end + line, len(after) - end + line, True) for line in range(end)]
    return found


def _middle(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[int | None, int | None, bool]]:
    if max(len(before), len(after)) > COMPARED:
        codes = [("replace", 0, len(before), 0, len(after))]
    else:
        codes = list(SequenceMatcher(None, before, after, autojunk=False).get_opcodes())
    for code, a, a_end, b, b_end in codes:
        for left, right in zip_longest(range(a, a_end), range(b, b_end)):
            yield left, right, code == "equal"


def hunks(pairs: Sequence[Pair], context: int = CONTEXT) -> list[list[Pair]]:
    """The differences with `context` equal lines around each; those that come near each other are one."""
    changed = [number for number, pair in enumerate(pairs) if not pair.equal]
    found: list[tuple[int, int]] = []
    for number in changed:
        first, last = max(number - context, 0), min(number + context + 1, len(pairs))
        if found and first <= found[-1][1]:
            found[-1] = found[-1][0], last
        else:
            found.append((first, last))
    return [list(pairs[first:last]) for first, last in found]
