"""The lines of a text, and where a sequence of lines occurs in it, exactly or nearly.

Every distinct line becomes one character, so that a sequence of lines is found by `str.find`, in linear time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Literal, TypeAlias

from strop.core.edits.search_limit import Work

Likeness: TypeAlias = Literal["exact", "trailing", "indentation", "blanks"]
"""When two lines count as equal: they are; but for blanks at the end; at both ends; for all blanks, and empty lines too."""
LIKENESSES: tuple[Likeness, ...] = ("exact", "trailing", "indentation", "blanks")
MOST_PLACES = 20
"""Places of one sequence that are looked at."""

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        **dict.fromkeys("\u2018\u2019\u201b", "'"),
        **dict.fromkeys("\u201c\u201d\u201e", '"'),
        "\u2026": "...",
    }
)
"""Typographic characters that models write for plain ones."""


def key(line: str, likeness: Likeness) -> str:
    """What lines that count as equal have in common."""
    if likeness == "exact":
        return line
    if likeness == "trailing":
        return line.rstrip()
    if likeness == "indentation":
        return line.strip()
    return "".join(line.translate(_PLAIN).split())


class Alphabet:
    """One character for each distinct key, the same for every text of an answer."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def word(self, lines: Sequence[str], likeness: Likeness) -> str:
        """One character a line."""
        known = self._known
        return "".join(known.setdefault(key(line, likeness), chr(len(known) + 1)) for line in lines)


class Lines:
    """The lines of one file while it is edited."""

    def __init__(self, text: str, alphabet: Alphabet, work: Work) -> None:
        self.has_end = text.endswith("\n") or not text
        """Whether the last line ends with a newline; edits do not change that."""
        self.is_crlf = "\r\n" in text and text.replace("\r\n", "\n").replace("\n", "\r\n") == text
        """Whether every line ends with CR and LF."""
        plain = text.replace("\r\n", "\n") if self.is_crlf else text
        pieces = plain.split("\n")
        self.lines: list[str] = pieces[:-1] if pieces[-1] == "" else pieces
        self._alphabet, self._work = alphabet, work
        self._words: dict[Likeness, tuple[str, Sequence[int]]] = {}

    @property
    def text(self) -> str:
        """The whole text again."""
        end = "\n" if self.has_end and self.lines else ""
        plain = "\n".join(self.lines) + end
        return plain.replace("\n", "\r\n") if self.is_crlf else plain

    def word(self, likeness: Likeness) -> tuple[str, Sequence[int]]:
        """The text as a word, and for each character of it the number of its line. Without empty lines under `blanks`."""
        found = self._words.get(likeness)
        if found is None:
            self._work.spend(sum(map(len, self.lines)) + len(self.lines))
            rows: Sequence[int] = range(len(self.lines))
            if likeness == "blanks":
                rows = [row for row in rows if self.lines[row].strip()]
            found = self._words[likeness] = self._alphabet.word([self.lines[row] for row in rows], likeness), rows
        return found

    def needle(self, lines: Sequence[str], likeness: Likeness) -> tuple[str, Sequence[int]]:
        """The same of lines that are searched here."""
        self._work.spend(sum(map(len, lines)) + len(lines))
        rows: Sequence[int] = range(len(lines))
        if likeness == "blanks":
            rows = [row for row in rows if lines[row].strip()]
        return self._alphabet.word([lines[row] for row in rows], likeness), rows

    def starts(self, needle: str, word: str) -> list[int]:
        """Where a word occurs in another, at most `MOST_PLACES`."""
        found: list[int] = []
        at = -1
        while needle and len(found) < MOST_PLACES:
            self._work.spend(max(len(word) - at, 0) // 8 + len(needle))
            at = word.find(needle, at + 1)
            if at < 0:
                break
            found.append(at)
        return found

    def replace(self, start: int, stop: int, lines: Sequence[str]) -> None:
        """Put `lines` in the place of those from `start` up to `stop`."""
        self.lines[start:stop] = lines
        words, self._words = self._words, {}
        for likeness, (word, rows) in words.items():  # kept, and not made again from the whole text
            self._work.spend(sum(map(len, lines)) + len(word) // 4)
            own, numbers = self.needle(lines, likeness)
            first, last = bisect_left(rows, start), bisect_left(rows, stop)
            shift = len(lines) - (stop - start)
            after: Sequence[int] = range(len(self.lines))
            if likeness == "blanks":
                after = [*rows[:first], *(start + row for row in numbers), *(row + shift for row in rows[last:])]
            self._words[likeness] = word[:first] + own + word[last:], after
