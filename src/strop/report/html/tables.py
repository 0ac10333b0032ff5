"""The large tables and the texts of a page, and how they are packed into it.

The columns are those of strop.report.export.tables. A text stands once, in `texts`; columns of texts hold its index there.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from strop.base.errors import StoreError
from strop.base.events import Event, LmCalled, LmResponded, RunResumed
from strop.base.pluralize import quantity
from strop.base.solution import digest_of
from strop.report.export.tables import RowMaker
from strop.runs.scopes import role_in
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
LONGEST = 200_000
"""Characters of one text."""
ROOM = 60_000_000
"""Characters of all texts, which a browser still handles."""
_COMMON = 2_000
"""Characters by which the ends of texts are compared."""


class Texts:
    """The texts of a page, in the order in which they were first named."""

    def __init__(self, store: Store | None, longest: int = LONGEST, room: int = ROOM) -> None:
        self.bodies: list[str] = []
        self._store, self._longest, self._room, self._left = store, longest, room, room
        self._shortened = self._left_out = 0
        self._places: dict[str, int | None] = {}

    def of(self, digest: str | None) -> int | None:
        """The index of the text with this digest; None for None, and where there was no room."""
        if digest is None:
            return None
        if digest not in self._places:
            assert self._store is not None
            try:
                text = self._store.text(digest)
            except StoreError:
                text = f"[the record holds no text with the digest {digest[:64]}]"
            self._places[digest] = self._add(text)
        return self._places[digest]

    def add(self, text: str) -> int | None:
        """The index of a text that an event holds itself; None for an empty one."""
        if not text:
            return None
        digest = digest_of(text)
        if digest not in self._places:
            self._places[digest] = self._add(text)
        return self._places[digest]

    def sort(self) -> list[int]:
        """Put texts with a common end beside one another, which halves their compressed size: an answer ends with the program
        that was extracted from it. Returns the new index by the old one."""
        order = sorted(range(len(self.bodies)), key=lambda place: self.bodies[place].rstrip("`\n ")[-_COMMON:][::-1])
        moved = [0] * len(order)
        for now, before in enumerate(order):
            moved[before] = now
        self.bodies = [self.bodies[before] for before in order]
        self._places = {digest: None if at is None else moved[at] for digest, at in self._places.items()}
        return moved

    def cuts(self) -> list[str]:
        """What is missing, as text."""
        cuts = []
        if self._shortened:
            cuts.append(
                f"{quantity(self._shortened, 'text')} longer than {self._longest:,} characters {_are(self._shortened)} cut"
            )
        if self._left_out:
            left = quantity(self._left_out, "text")
            cuts.append(f"{left} {_are(self._left_out)} left out: the page holds {self._room:,} characters")
        return [f"{cut}; run.sqlite holds the full text" for cut in cuts]

    def _add(self, text: str) -> int | None:
        if len(text) > self._longest:
            self._shortened += 1
            text = f"{text[: self._longest]}\n[cut here: {len(text) - self._longest:,} more characters in the record]"
        if len(text) > self._left:
            self._left_out += 1
            return None
        self._left -= len(text)
        self.bodies.append(text)
        return len(self.bodies) - 1


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


class Tables:
    """One row for each evaluation and each message to the language model. Filled by `add`, event by event; `end` completes it."""

    def __init__(self, texts: Texts) -> None:
        self.texts = texts
        self.evaluations: dict[str, list[Any]] = {name: [] for name in COLUMNS["evaluations"]}
        self.calls: dict[str, list[Any]] = {name: [] for name in COLUMNS["calls"]}
        self.spending: dict[str, list[tuple[float, float, float, float]]] = {}
        """Role → (seconds since the run began, LM calls, tokens, dollars), cumulative."""
        self._rows = RowMaker()
        self._origins: list[tuple[float, float]] = []
        """(beginning of a session, moment from which its seconds count), in Unix seconds: pauses do not count."""

    def add(self, stored: Stored[Event]) -> None:
        """Add the rows of an event, given as an outline."""
        event = stored.event
        if isinstance(event, RunResumed):
            self._origins.append((stored.at, stored.at - event.seconds))
        elif not self._origins:
            self._origins.append((stored.at, stored.at))
        if isinstance(event, LmCalled):
            self._spend(stored, event.scope, float(event.cost), 0.0, 0.0)
        elif isinstance(event, LmResponded):
            tokens = float((event.input_tokens or 0) + (event.output_tokens or 0))
            self._spend(stored, event.scope, 0.0, tokens, (event.cost or 0) / 1e9)
        self._append(self._rows.add(stored))

    def end(self) -> None:
        """Complete the tables after the last event."""
        self._append(self._rows.end())
        order = sorted(
            range(len(self.calls["seq"])), key=lambda row: (self.calls["seq"][row], self.calls["index"][row])
        )
        self.calls = {name: [column[row] for row in order] for name, column in self.calls.items()}
        moved = self.texts.sort()
        for table in (self.evaluations, self.calls):
            for name in table.keys() & (DIGESTS | LINES):
                table[name] = [None if place is None else moved[place] for place in table[name]]

    def packed(self) -> str:
        """The tables and texts as one block: JSON, deflated without a header ("deflate-raw" of DecompressionStream), in base64.
        It is compressed piece by piece: the whole JSON is never in memory."""
        deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9)
        parts = [deflate.compress(piece.encode("ascii")) for piece in self._pieces()]
        return base64.b64encode(b"".join([*parts, deflate.flush()])).decode("ascii")

    def _append(self, rows: Iterable[tuple[str, dict[str, Any]]]) -> None:
        for name, row in rows:
            if name not in COLUMNS:
                continue
            table = self.evaluations if name == "evaluations" else self.calls
            row["at"] = round(self._elapsed(row["at"]), 3)
            row["model"] = row.get("lm") or row.get("model", "")
            for column, values in table.items():
                values.append(self._cell(column, row.get(column)))

    def _cell(self, column: str, value: Any) -> Any:
        if column in DIGESTS:
            return self.texts.of(value)
        if column in LINES:
            return self.texts.add(value if isinstance(value, str) else "\n".join(value or ()))
        return round(value, 4) if column in ("seconds", "wall_seconds") and value is not None else value

    def _elapsed(self, at: float) -> float:
        return at - next((origin for begun, origin in reversed(self._origins) if begun <= at), self._origins[0][1])

    def _spend(self, stored: Stored[Event], scope: str, *amounts: float) -> None:
        rows = self.spending.setdefault(role_in(scope), [])
        calls, tokens, dollars = (
            sum(pair) for pair in zip(rows[-1][1:] if rows else (0.0, 0.0, 0.0), amounts, strict=True)
        )
        rows.append((round(self._elapsed(stored.at), 3), calls, tokens, dollars))

    def _pieces(self) -> Iterator[str]:
        for start, name, table in (("{", "evaluations", self.evaluations), (",", "calls", self.calls)):
            yield f'{start}"{name}":'
            for number, (column, values) in enumerate(table.items()):
                yield f'{"," if number else "{"}"{column}":'
                yield from _json(values)
            yield "}"
        yield ',"texts":'
        yield from _json(self.texts.bodies)
        yield "}"


def _json(values: list[Any], at_once: int = 200) -> Iterator[str]:
    yield "["
    for start in range(0, len(values), at_once):
        yield ("," if start else "") + json.dumps(values[start : start + at_once], separators=(",", ":"))[1:-1]
    yield "]"
