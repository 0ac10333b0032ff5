"""Every event of a record as a line of JSON.

A line is `{"seq": 1, "at": 1790000000.5, "kind": "Evaluated", "scope": "t1/…", …}` with the fields of the event
(strop.base.events) and its texts in full, in ASCII: lone surrogates and NULs are escapes of JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TextIO

from strop.base.events import Event
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
    quote one are left out."""
    for stored in store.events(after=after) if texts else store.outline(after=after):
        file.write(line_of(stored, quotes=texts) + "\n")
        yield stored
