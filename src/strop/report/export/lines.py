"""Every event of a record as a line of JSON, and back.

A line is `{"seq": 1, "at": 1790000000.5, "kind": "Evaluated", "scope": "t1/…", …}`
with the fields of the event (strop.base.events)
and its texts in full, in ASCII: a lone surrogate and a NUL stand as escapes of JSON, and come back as they were.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, TextIO

from strop.base.errors import ConfigurationError
from strop.base.events import KINDS, Event
from strop.report.tracking.base import plain
from strop.store import Store, Stored


def write_lines(store: Store, file: TextIO, *, texts: bool) -> int:
    """Write every event, one at a time; how many there were. Without `texts` a digest stands for each text, and what may quote
    one is left out: such lines are not read back."""
    count = 0
    for stored in store.events():
        line = {"seq": stored.seq, "at": stored.at, "kind": type(stored.event).__name__, "scope": stored.event.scope}
        line |= plain(stored.event, content=texts)
        file.write(json.dumps(line, separators=(",", ":"), allow_nan=False) + "\n")
        count += 1
    return count


def read_lines(path: Path) -> Iterator[Stored[Event]]:
    """The events of such a file, one at a time, equal to those of the record.

    Fields and kinds that this version of strop does not know are left out.

    Raises:
        ConfigurationError: a line is no such event.
    """
    with path.open(encoding="ascii") as file:
        for number, line in enumerate(file, 1):
            try:
                values: dict[str, Any] = json.loads(line)
                seq, at, kind = values.pop("seq"), values.pop("at"), values.pop("kind")
                event = _event(KINDS[kind], values) if kind in KINDS else None
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise ConfigurationError(f"{path}: line {number} is no event of a run ({error!r})") from None
            if event is not None:
                yield Stored(seq, at, event)


def _event(kind: type[Event], values: dict[str, Any]) -> Event:
    known = {field.name for field in fields(kind)}
    given: dict[str, Any] = {name: value for name, value in values.items() if name in known}
    whole: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    return kind(**whole)
