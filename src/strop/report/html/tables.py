"""The large tables and the texts of a page, and how they are packed into it.

A text stands once, in `texts`; columns of texts hold its index there.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from strop.base.errors import StoreError
from strop.base.events import Evaluated, Event, LmCalled, LmFault, LmResponded
from strop.base.pluralize import quantity
from strop.base.solution import digest_of
from strop.runs.scopes import iteration_of, role_in
from strop.store import Store, Stored

COLUMNS = {
    "evaluations": ("seq", "at", "t", "role", "scope", "utility", "split", "verdict", "value", "solution", "error", "notes",
                    "wall_seconds"),
    "calls": ("seq", "at", "t", "role", "scope", "call", "index", "expertise", "message", "answer", "reasoning", "model",
              "finish_reason", "input_tokens", "output_tokens", "dollars", "seconds", "faults"),
}  # fmt: skip
DIGESTS = {"solution", "expertise", "message", "answer", "reasoning"}
"""Columns of texts that rows name by their digests."""
LINES = {"error", "notes", "faults"}
"""Columns of texts that stand in the rows themselves."""
ROOM = 60_000_000
"""Characters of all texts, which a browser still handles."""


class Texts:
    """The texts of a page, in the order in which they were first named."""

    def __init__(self, store: Store | None, room: int = ROOM) -> None:
        self.bodies: list[str] = []
        self._store, self._room, self._left = store, room, room
        self._left_out = 0
        self._places: dict[str, int | None] = {}

    def of(self, digest: str | None) -> int | None:
        """The index of the text with this digest; None for None, and where there was no room."""
        if digest is None or digest in self._places:
            return self._places.get(digest or "")
        assert self._store is not None
        try:
            text = self._store.text(digest)
        except StoreError:
            text = f"[the record holds no text with the digest {digest[:64]}]"
        return self._add(digest, text)

    def add(self, text: str) -> int | None:
        """The index of a text that an event holds itself; None for an empty one."""
        digest = digest_of(text)
        return None if not text else self._places[digest] if digest in self._places else self._add(digest, text)

    def cuts(self) -> list[str]:
        """What is missing, as text."""
        if not self._left_out:
            return []
        texts = f"{quantity(self._left_out, 'text')} {'is' if self._left_out == 1 else 'are'} left out"
        return [f"{texts}: the page holds {self._room:,} characters; run.sqlite holds the full text"]

    def _add(self, digest: str, text: str) -> int | None:
        if len(text) > self._left:
            self._left_out += 1
            self._places[digest] = None
            return None
        self._left -= len(text)
        self._places[digest] = len(self.bodies)
        self.bodies.append(text)
        return len(self.bodies) - 1


class Tables:
    """One row for each evaluation and each message to the language model. Filled by `add`, event by event; `end` completes it."""

    def __init__(self, texts: Texts) -> None:
        self.texts = texts
        self.evaluations: dict[str, list[Any]] = {name: [] for name in COLUMNS["evaluations"]}
        self.calls: dict[str, list[Any]] = {name: [] for name in COLUMNS["calls"]}
        self._rows = RowMaker()
        self._began: float | None = None
        """Unix time of the first event."""

    def add(self, stored: Stored[Event]) -> None:
        """Add the rows of an event, given as an outline."""
        self._began = stored.at if self._began is None else self._began
        self._append(self._rows.add(stored))

    def end(self) -> None:
        """Complete the tables after the last event."""
        self._append(self._rows.end())
        keys = list(zip(self.calls["seq"], self.calls["index"], strict=True))
        order = sorted(range(len(keys)), key=lambda row: keys[row])
        self.calls = {name: [column[row] for row in order] for name, column in self.calls.items()}

    def packed(self) -> str:
        """The tables and texts as one block: JSON, deflated without a header ("deflate-raw" in a browser), in base64."""
        found = {"evaluations": self.evaluations, "calls": self.calls, "texts": self.texts.bodies}
        deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9)
        packed = deflate.compress(json.dumps(found, separators=(",", ":")).encode("ascii"))
        return base64.b64encode(packed + deflate.flush()).decode("ascii")

    def _append(self, rows: Iterable[tuple[str, dict[str, Any]]]) -> None:
        for name, row in rows:
            table = self.evaluations if name == "evaluations" else self.calls
            row["at"] = round(row["at"] - (self._began or 0.0), 3)
            row["model"] = row.get("lm") or row.get("model", "")
            for column, values in table.items():
                values.append(self._cell(column, row.get(column)))

    def _cell(self, column: str, value: Any) -> Any:
        if column in DIGESTS:
            return self.texts.of(value)
        if column in LINES:
            return self.texts.add(value if isinstance(value, str) else "\n".join(value or ()))
        return round(value, 4) if column in ("seconds", "wall_seconds") and value is not None else value


class RowMaker:
    """Makes the rows of a record from its outline: (table, column → value), event by event. A message becomes a row when its
    answer came, or at the end. A row may have more values than its table has columns."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int, int], tuple[Stored[Any], list[str]]] = {}
        """Scope, call and index of a message without an answer → the request, and its faults."""
        self._lost: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
        """Scope and call → faults of the whole request."""

    def add(self, stored: Stored[Event]) -> Iterator[tuple[str, dict[str, Any]]]:
        """The rows that an event completes."""
        match stored.event:
            case LmCalled() as event:
                for index in range(len(event.messages)):
                    self._open[event.scope, event.call, index] = stored, []
            case LmFault() as event:
                line, asked = f"{event.fault}: {event.detail}", self._open.get((event.scope, event.call, event.index))
                if asked is not None:
                    asked[1].append(line)
                elif event.index < 0:
                    self._lost[event.scope, event.call].append(line)
            case LmResponded() as event:
                if asked := self._open.pop((event.scope, event.call, event.index), None):
                    yield "calls", _call(*asked, event.index, stored)
            case Evaluated():
                yield "evaluations", _common(stored)
            case _:
                pass

    def end(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The messages without an answer."""
        for (scope, call, index), (request, faults) in self._open.items():
            yield "calls", _call(request, faults + self._lost[scope, call], index)


def _common(stored: Stored[Any]) -> dict[str, Any]:
    """The event's own fields, its number, its time, its iteration and its role."""
    fields: dict[str, Any] = vars(stored.event)
    scope = stored.event.scope
    return {"t": iteration_of(scope), "role": role_in(scope), "seq": stored.seq, "at": stored.at} | fields


def _call(request: Stored[Any], faults: Sequence[str], index: int, answer: Stored[Any] | None = None) -> dict[str, Any]:
    asked = _common(request) | {"index": index, "faults": faults, "message": request.event.messages[index]}
    if answer is None:
        return asked
    cost = answer.event.cost
    return {**vars(answer.event), **asked, "answer": answer.event.text, "dollars": None if cost is None else cost / 1e9}
