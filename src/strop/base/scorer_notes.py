"""What a scorer has to say of a candidate (`strop.note`): kept beside its score, cut to size, for whoever improves it.

In the host it goes to the evaluation whose scorer says it. In a workspace, where a command scores, it is printed on standard
error, from where the host reads it. Anywhere else, in a test of the scorer say, nothing becomes of it.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

NOTE_CHARACTERS = 500
"""Of one note, at most."""
MOST_NOTES = 20
"""Of one evaluation."""
ALL_CHARACTERS = 4000
"""Of all notes of one evaluation together."""
PREFIX = "strop-note: "
"""What begins a line of standard error that is a note, in a workspace."""
WORKSPACE = "STROP_WORKSPACE"
"""Set in the environment of a command that runs in a workspace."""


class Collected:
    """The notes of one call of a scorer. Safe under threads that the scorer starts with a copy of its context."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._lock = threading.Lock()

    def add(self, text: str) -> None:
        """Keep one more, as far as there is room."""
        with self._lock:
            if len(self._texts) < MOST_NOTES:
                self._texts.append(clean(text))

    @property
    def texts(self) -> tuple[str, ...]:
        """In the order in which they were said."""
        with self._lock:
            return tuple(self._texts)


_collected: ContextVar[Collected | None] = ContextVar("strop_scorer_notes", default=None)


def note(text: object) -> None:
    """Tell whoever improves the program something that a score cannot say: `strop.note("7 of 60 items are in no bin")`.

    Call it in a scorer. An improver reads it in `utility.report(solution)["notes"]`, of training instances alone. 500
    characters of a note are kept, 20 notes and 4000 characters of an evaluation. Like a score, it should depend on
    the instance and the answer alone: a run whose notes tell the time cannot be replayed.
    """
    said = text if isinstance(text, str) else str(text)
    found = _collected.get()
    if found is not None:
        found.add(said)
    elif WORKSPACE in os.environ:
        line = "\\n".join(clean(said).splitlines())
        sys.stderr.write(f"{PREFIX}{line}\n")
        sys.stderr.flush()


@contextmanager
def collecting() -> Iterator[Collected]:
    """Within, in this thread, `note` adds to what is given here."""
    found = Collected()
    token = _collected.set(found)
    try:
        yield found
    finally:
        _collected.reset(token)


def clean(text: str) -> str:
    """A note as it is kept: of limited length, and without characters that cannot be written."""
    return (
        shortened(text.strip(), NOTE_CHARACTERS).encode("utf-8", "backslashreplace").decode("utf-8")[:NOTE_CHARACTERS]
    )


def shortened(text: str, most: int) -> str:
    """The beginning of a text that is too long, and a sign that there was more."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def cut(notes: Sequence[str]) -> tuple[str, ...]:
    """The notes of one evaluation, cut to size: the first of them, and a last line that counts what was left out."""
    kept: list[str] = []
    room = ALL_CHARACTERS
    texts = [clean(text) for text in notes]
    for index, text in enumerate(texts):
        is_last = index == len(texts) - 1
        more = f"({len(texts) - index} more notes)"
        if (len(kept) == MOST_NOTES - 1 and not is_last) or len(text) + (0 if is_last else len(more)) > room:
            kept.append(more)
            break
        kept.append(text)
        room -= len(text)
    return tuple(kept)
