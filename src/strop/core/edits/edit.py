"""One edit of a program: lines, and what replaces them."""

from __future__ import annotations

from dataclasses import dataclass

MOST_EDITS = 500
"""Edits of one response; a model that changes more writes the whole program."""
MOST_CHARACTERS = 2_000_000
"""Most characters of a response or a program; longer ones are not searched."""


class EditFailed(ValueError):
    """An edit cannot be applied. The message tells its author why, and shows the closest lines."""


@dataclass(frozen=True)
class EditReading:
    """Replace the lines `before` by the lines `after`; lines have no newline at their end."""

    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to search for."""
        return not any(line.strip() for line in self.before)


@dataclass(frozen=True)
class Edit:
    """One SEARCH/REPLACE block."""

    label: str
    """Its name in messages, such as `block 2`."""
    readings: tuple[EditReading, ...]
    """Ways to read it, the likeliest first: a line of the program can look like the end of a part of a block."""
    path: str | None
    """The file that it names."""
    is_named: bool
    """Whether it names `path` itself; otherwise `path` is the file of the edit before it."""
