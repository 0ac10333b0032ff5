"""Notes of a scorer about a candidate (`strop.note`), kept beside its score for improvers, and cut to size.

In the host, a note becomes part of the evaluation. In a workspace, where a command scores, it is printed on standard error,
which the host reads. Elsewhere, as in a test of the scorer, it is ignored.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

NOTE_CHARACTERS = 500
"""Most characters of one note."""
MARK = " [...] "
"""Stands in place of what is left out of a text."""
MOST_NOTES = 20
"""Most notes of one evaluation."""
ALL_CHARACTERS = 4000
"""Most characters of all notes of one evaluation together."""
PREFIX = "strop-note: "
"""Prefix of a line of standard error that is a note, in a workspace."""
WORKSPACE = "STROP_WORKSPACE"
"""Set in the environment of a command that runs in a workspace."""


class Collected:
    """The notes of one call of a scorer. Safe under threads that the scorer starts with a copy of its context."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._lock = threading.Lock()

    def add(self, text: str) -> None:
        """Add a note, if there is room."""
        with self._lock:
            if len(self._texts) < MOST_NOTES:
                self._texts.append(clean(text))

    @property
    def texts(self) -> tuple[str, ...]:
        """The notes in the order in which they were made."""
        with self._lock:
            return tuple(self._texts)


_collected: ContextVar[Collected | None] = ContextVar("strop_scorer_notes", default=None)


def note(text: object) -> None:
    """Tell improvers something that a score cannot: `strop.note("7 of 60 items are in no bin")`.

    Call it in a scorer. Improvers read notes on training instances in `utility.report(solution)["notes"]`. strop keeps 500
    characters of a note, and 20 notes and 4000 characters of an evaluation. Like a score, a note should depend on the instance
    and the answer alone: a run whose notes contain the time cannot be replayed.

    Args:
        text: the note. Anything but a text is written as `str` writes it.
    """
    content = text if isinstance(text, str) else str(text)
    collected = _collected.get()
    if collected is not None:
        collected.add(content)
    elif WORKSPACE in os.environ:
        line = "\\n".join(clean(content).splitlines())
        sys.stderr.write(f"{PREFIX}{line}\n")
        sys.stderr.flush()


@contextmanager
def collecting() -> Iterator[Collected]:
    """Within the block, collect the notes of this thread."""
    collected = Collected()
    token = _collected.set(collected)
    try:
        yield collected
    finally:
        _collected.reset(token)


def clean(text: str) -> str:
    """A note of limited length, without characters that cannot be written."""
    return shortened(text.strip().encode("utf-8", "backslashreplace").decode("utf-8"), NOTE_CHARACTERS)


def shortened(text: str, most: int) -> str:
    """A text in at most `most` characters: its beginning, a mark, and three times as much of its end, where a traceback names its
    cause. A last line that is longer than that is shortened in the same way."""
    if len(text) <= most:
        return text
    room = most - most // 4 - len(MARK)
    last = text[text.rfind("\n") + 1 :]
    end = shortened(last, room) if room < len(last) < len(text) else text[-room:]
    return f"{text[: most // 4]}{MARK}{end}"


def cut(notes: Sequence[str]) -> tuple[str, ...]:
    """The first notes of one evaluation, and a last line that counts the omitted ones."""
    lines: list[str] = []
    room = ALL_CHARACTERS
    texts = [clean(text) for text in notes]
    for index, text in enumerate(texts):
        is_last = index == len(texts) - 1
        more = f"({len(texts) - index} more notes)"
        if (len(lines) == MOST_NOTES - 1 and not is_last) or len(text) + (0 if is_last else len(more)) > room:
            lines.append(more)
            break
        lines.append(text)
        room -= len(text)
    return tuple(lines)
