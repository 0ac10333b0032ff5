"""One edit of a program, whatever the form in which it was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Form: TypeAlias = Literal["blocks", "diff"]
"""SEARCH/REPLACE blocks, or a unified diff."""

MOST_EDITS = 500
"""Edits of one answer: a model that changes more writes the program whole."""
MOST_CHARACTERS = 2_000_000
"""Of an answer, or of a program. A longer one is not searched."""


class EditFailed(ValueError):
    """An edit does not fit. The message tells its author what is wrong, and shows the closest place."""


@dataclass(frozen=True)
class Reading:
    """Replace the lines `before` by the lines `after`; lines have no newline at their end."""

    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class Edit:
    """One block, or one hunk."""

    label: str
    """What its author would call it, e.g. `block 2`."""
    readings: tuple[Reading, ...]
    """Ways to read it, the likeliest first: a line of a program can look like one that ends a part of a block."""
    path: str | None = None
    """The file it names."""
    is_named: bool = True
    """Whether it names `path` itself; otherwise `path` is the file of the edit before it."""
    line: int | None = None
    """Where it says that it belongs, from 0."""


@dataclass(frozen=True)
class Edits:
    """The edits of one answer, in order; at least one."""

    form: Form
    edits: tuple[Edit, ...]
