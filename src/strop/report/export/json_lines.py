"""Every event of a record as a line of JSON, and back.

A line is `{"seq": 1, "at": 1790000000.5, "kind": "Evaluated", "scope": "t1/…", …}` with the fields of the event
(strop.base.events) and its texts in full, in ASCII: lone surrogates and NULs are escapes of JSON, and are read back as they were.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, TextIO

from strop.base.errors import ConfigurationError
from strop.base.events import KINDS, Event
from strop.base.from_json import read_json
from strop.base.solution import digest_of
from strop.store import Store, Stored

_EMPTY = digest_of("")
"""The digest of an empty text, for which an empty text is written."""


def line_of(stored: Stored[Event], *, quotes: bool) -> str:
    """An event as JSON. Without `quotes`, fields that may quote a text are left out."""
    event = stored.event
    values = {"seq": stored.seq, "at": stored.at, "kind": type(event).__name__, **vars(event)}
    if not quotes:
        values = {name: "" if value == _EMPTY else value for name, value in values.items() if name not in event.QUOTES}
    return json.dumps(values, separators=(",", ":"), allow_nan=False)


def write_lines(store: Store, file: TextIO, *, texts: bool, after: int = 0) -> Iterator[Stored[Event]]:
    """Write every event after number `after`, and yield it. Without `texts` a digest stands for each text, and fields that may
    quote one are left out: such lines cannot be read back."""
    for stored in store.events(after=after) if texts else store.outline(after=after):
        file.write(line_of(stored, quotes=texts) + "\n")
        yield stored


def read_lines(path: Path) -> Iterator[Stored[Event]]:
    """The events of such a file, one at a time, equal to those of the record.

    Fields and kinds that this version of strop does not know are skipped.

    Raises:
        ConfigurationError: a line is not such an event.
    """
    with path.open(encoding="ascii") as file:
        for number, line in enumerate(file, 1):
            try:
                values: dict[str, Any] = read_json(line)
                seq, at, kind = values.pop("seq"), values.pop("at"), values.pop("kind")
                event = _event(KINDS[kind], values) if kind in KINDS else None
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise ConfigurationError(f"{path}: line {number} is not an event of a run ({error!r})") from None
            if event is not None:
                yield Stored(seq, at, event)


def _event(kind: type[Event], values: dict[str, Any]) -> Event:
    names = {field.name for field in fields(kind)}
    found: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items() if name in names
    }
    return kind(**found)
