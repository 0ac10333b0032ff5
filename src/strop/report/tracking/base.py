"""The port that every tracker stands behind."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from strop.base.events import (
    AuditNoted,
    Edited,
    Evaluated,
    Event,
    ImproveFinished,
    IterationFinished,
    LmFault,
    RunFinished,
)
from strop.base.solution import digest_of
from strop.store import Stored

Attributes: TypeAlias = dict[str, str | bool | int | float | tuple[str, ...]]
"""Named values of a span or of a run."""


@dataclass(frozen=True)
class Subject:
    """The run that a tracker is told of."""

    directory: Path
    facts: dict[str, str]
    """What its record says of it: kind, task, language_model."""
    content: bool
    """Whether texts may be sent: prompts, answers, programs and what they printed."""
    notes: dict[str, str]
    """What the tracker wants to find again when the run is resumed, e.g. its own id of it. Kept with each flush."""


class Tracker(Protocol):
    """Tells one tracking system of a run. Called by one thread; whatever it raises or however long it takes, the run goes on.

    The record is the truth, and a tracker may be sent an event twice where a run was killed between sending and noting it.
    """

    kinds: tuple[type[Event], ...]
    """The kinds of events that it wants; all when empty."""

    def event(self, stored: Stored[Event], *, known: bool) -> None:
        """Take in the next event of the record. Cheap: nothing is sent yet. `known`: it was sent before the run was resumed, and
        is given again only for what the tracker derives from several events."""
        ...

    def flush(self) -> None:
        """Send what was taken in. When this raises, it is called again later; when it returns, all of it has arrived."""
        ...

    def close(self) -> None:
        """Let go of connections. The run may not have ended: it may be resumed later."""
        ...


_FREE: dict[type[Event], tuple[str, ...]] = {
    ImproveFinished: ("detail",),
    Evaluated: ("error", "notes"),
    Edited: ("detail",),
    AuditNoted: ("detail",),
    LmFault: ("detail",),
    IterationFinished: ("reason",),
    RunFinished: ("detail",),
}
"""Fields beside `TEXTS` that may quote a program, a prompt or an answer."""


def plain(event: Event, *, content: bool) -> dict[str, Any]:
    """The fields of an event as JSON knows them. Without `content` a digest stands for each text, and what may quote one is left
    out."""
    fields: dict[str, Any] = json.loads(json.dumps(vars(event)))
    if content:
        return fields
    for name in _FREE.get(type(event), ()):
        del fields[name]
    for name in event.TEXTS:
        value = fields[name]
        fields[name] = [digest_of(each) for each in value] if isinstance(value, list) else value and digest_of(value)
    return fields
