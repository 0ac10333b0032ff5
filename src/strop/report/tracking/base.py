"""The port that every tracker stands behind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from strop.base.events import Event
from strop.store import Stored

Attributes: TypeAlias = dict[str, str | bool | int | float | tuple[str, ...]]
"""Named values of a span or of a run."""


@dataclass(frozen=True)
class Subject:
    """The run that is sent to a tracker."""

    directory: Path
    facts: dict[str, str]
    """From the record's `meta`: kind, task, language_model."""
    content: bool
    """Whether texts may be sent: prompts, answers, programs and what they printed."""
    notes: dict[str, str]
    """What the tracker needs again when the run is resumed, e.g. its own id of the run. Saved with each flush."""


class Tracker(Protocol):
    """Sends a run to one tracking system. Called by one thread; the run goes on whatever it raises and however long it takes.

    The record is the truth. A tracker may get an event twice if the run was killed between sending it and saving that.
    """

    kinds: tuple[type[Event], ...]
    """The kinds of events that it wants; all when empty."""

    def event(self, stored: Stored[Event], *, known: bool) -> None:
        """Take the next event of the record, with digests in place of its texts unless `Subject.content`. Cheap: nothing is sent
        yet. `known`: it was sent before the run was resumed, and comes again for what the tracker derives from several events."""
        ...

    def flush(self) -> None:
        """Send what was taken. After an exception it is called again later; when it returns, everything has arrived."""
        ...

    def close(self) -> None:
        """Close connections. The run may be resumed later."""
        ...
