"""The tables of evaluations and of LM calls: the first rows of each with their texts, and how many there are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from strop.base.errors import StoreError
from strop.base.events import Evaluated, Event, LmCalled, LmFault, LmResponded
from strop.base.pluralize import quantity
from strop.runs.scopes import iteration_of, role_in
from strop.store import Store, Stored

MOST_ROWS = 200
"""Most rows of a table that a page shows."""
MOST_CHARACTERS = 1_000_000
"""Most characters of all texts in the rows."""
TABULATED = (LmCalled, LmFault, LmResponded, Evaluated)
"""The events that the tables are made of."""
Row = dict[str, Any]
"""The fields of an event, with the iteration `t`, `role`, `elapsed` in seconds since the first event, and `texts` by title."""


class Tables:
    """The rows of evaluations and of messages to the language model.

    `add` takes the events in order, and `end` completes the rows. A message becomes a row when its response comes, or at the end.
    """

    def __init__(self, store: Store, most: int = MOST_CHARACTERS) -> None:
        self.evaluations: list[Row] = []
        self.calls: list[Row] = []
        """One row for each message to the language model."""
        self.totals: Counter[str] = Counter()
        """`evaluations` and `calls` of the whole record."""
        self._store, self._most, self._left = store, most, most
        self._left_out = 0
        self._began: float | None = None
        """Unix time of the first event."""
        self._open: dict[tuple[str, int, int], tuple[Stored[Any], list[str]]] = {}
        """Scope, call and index of a message without an answer → the request, and its faults."""
        self._lost: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
        """Scope and call → faults of the whole request."""

    def add(self, stored: Stored[Event]) -> None:
        """Add the rows that an event completes. The event is an outline: digests stand for its texts."""
        self._began = stored.time if self._began is None else self._began
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
                    self._add_call(*asked, event.index, stored)
            case Evaluated() as event:
                self.totals["evaluations"] += 1
                if len(self.evaluations) < MOST_ROWS:
                    texts = self._fitting({"Error": event.error, "Notes": "\n".join(event.notes)})
                    self.evaluations.append(self._common(stored) | {"texts": texts})
            case _:
                pass

    def end(self) -> None:
        """Add the messages without an answer, and sort the messages as they were sent."""
        for (scope, call, index), (request, faults) in self._open.items():
            self._add_call(request, faults + self._lost[scope, call], index)
        self.calls.sort(key=lambda row: (row["seq"], row["index"]))

    def cuts(self) -> list[str]:
        """Sentences about the rows and texts that are left out."""
        cuts = [
            f"the first {MOST_ROWS} of {self.totals[name]:,} {title} are shown; strop export writes all"
            for name, title in (("evaluations", "evaluations"), ("calls", "messages to the language model"))
            if self.totals[name] > MOST_ROWS
        ]
        if self._left_out:
            texts = f"{quantity(self._left_out, 'text')} {'is' if self._left_out == 1 else 'are'} left out"
            cuts.append(f"{texts}: the tables hold {self._most:,} characters; strop export writes all")
        return cuts

    def _common(self, stored: Stored[Any]) -> Row:
        fields: Row = vars(stored.event)
        scope, elapsed = fields["scope"], stored.time - (self._began or 0.0)
        return {"t": iteration_of(scope), "role": role_in(scope), "seq": stored.seq, "elapsed": elapsed} | fields

    def _add_call(
        self, request: Stored[Any], faults: Sequence[str], index: int, answer: Stored[Any] | None = None
    ) -> None:
        self.totals["calls"] += 1
        if len(self.calls) >= MOST_ROWS:
            return
        response = None if answer is None else answer.event
        texts = {
            "Expertise": self._text(request.event.expertise),
            "Prompt": self._text(request.event.messages[index]),
            "Response": "" if response is None else self._text(response.text),
            "Reasoning": "" if response is None else self._text(response.reasoning),
            "Faults": "\n".join(faults),
        }
        row = self._common(request) | {"index": index, "answer": response, "texts": self._fitting(texts)}
        self.calls.append(row)

    def _text(self, digest: str | None) -> str:
        """The text with this digest; empty for None."""
        if digest is None:
            return ""
        try:
            return self._store.text(digest)
        except StoreError:
            return f"[the record holds no text with the digest {digest[:64]}]"

    def _fitting(self, texts: dict[str, str]) -> dict[str, str]:
        """The texts, without the empty ones and those for which there is no room."""
        fitting = {}
        for title, text in texts.items():
            if len(text) > self._left:
                self._left_out += 1
            elif text:
                self._left -= len(text)
                fitting[title] = text
        return fitting
