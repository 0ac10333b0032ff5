"""The tables of a record: one row for each evaluation, message to the language model, iteration, audit note and text.

`TABLES` lists their columns; CSV files and the tables of the page are made from it. Programs, prompts and answers are stored
once, in the table of texts; the other tables hold their digests.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from strop.analysis.stats import mean, score_estimate, stderr
from strop.base.errors import StoreError
from strop.base.events import AuditNoted, Compared, Evaluated, Event, IterationFinished, LmCalled, LmFault, LmResponded
from strop.runs.results.parts import noted
from strop.runs.scopes import is_last, iteration_of, role_in
from strop.store import Store, Stored

Value: TypeAlias = str | bool | int | float | None
Row: TypeAlias = tuple[Value, ...]


TABLES = {
    name: tuple(columns.split())
    for name, columns in {
        "evaluations": "seq at t role scope utility split solution verdict value instances scores verdicts error notes metrics "
        "beside own_score_because output cpu_seconds wall_seconds",
        "calls": "seq at answered_at t role scope call index lm_calls temperature expertise message answer reasoning lm model "
        "finish_reason input_tokens output_tokens dollars again seconds faults",
        "iterations": "seq at t parent improver candidate accepted reason train train_mean train_stderr test test_mean "
        "test_stderr test_low test_high tasks lm_calls evaluations verdicts seconds gate_pairs gate_mean gate_low gate_high "
        "gate_e_value gate_threshold",
        "audit": "seq at t scope rule title source unsandboxing times program line detail",
        "texts": "digest characters text",
    }.items()
}
"""Table → its columns, which docs/results.md lists."""
QUOTES = {"error", "notes", "faults", "reason", "detail", "text"}
"""Columns that may quote a program, a prompt or an answer; empty where texts are left out."""
_KINDS = (Evaluated, LmCalled, LmFault, LmResponded, Compared, IterationFinished, AuditNoted)


class RowMaker:
    """Makes the rows of a record from its outline: (table, column → value), event by event. A message becomes a row when its
    answer came, or at the end. Lists are not JSON yet; a row may have more values than its table has columns."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int, int], tuple[Stored[Any], list[str]]] = {}
        """Scope, call and index of a message without an answer → the request, and its faults."""
        self._lost: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
        """Scope and call → faults of the whole request."""
        self._gates: dict[int, Compared] = {}

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
            case Evaluated() as event:
                values = {"role": role_in(event.scope), "instances": len(event.scores)}
                values |= {
                    "metrics": event.metrics or None,
                    "beside": event.beside or None,
                    "notes": event.notes or None,
                }
                yield "evaluations", _common(stored) | values
            case Compared() as event if not is_last(event.scope):
                self._gates[event.t] = event
            case IterationFinished() as event:
                yield "iterations", _common(stored) | _iteration(event, self._gates.get(event.t))
            case AuditNoted() as event:
                (note,) = noted({event.rule: 1})
                yield "audit", vars(note) | _common(stored)
            case _:
                pass

    def end(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The messages without an answer."""
        for (scope, call, index), (request, faults) in self._open.items():
            yield "calls", _call(request, faults + self._lost[scope, call], index)


def _common(stored: Stored[Any]) -> dict[str, Any]:
    """The event's own fields, its number, its time and its iteration."""
    fields: dict[str, Any] = vars(stored.event)
    return {"t": iteration_of(stored.event.scope), "seq": stored.seq, "at": stored.at} | fields


def _call(request: Stored[Any], faults: Sequence[str], index: int, answer: Stored[Any] | None = None) -> dict[str, Any]:
    asked = request.event
    values: dict[str, Any] = _common(request) | {"role": role_in(asked.scope), "index": index, "faults": faults or None}
    # LM calls are charged by the request: the first message has them all, so that the column adds up.
    values |= {"message": asked.messages[index], "lm_calls": 0 if index else asked.cost}
    if answer is None:
        return values
    cost = answer.event.cost
    names = {"answered_at": answer.at, "answer": answer.event.text, "dollars": None if cost is None else cost / 1e9}
    return {**vars(answer.event), **values, **names}


def _iteration(event: IterationFinished, gate: Compared | None) -> dict[str, Any]:
    values = _sample("train", event.train) | _sample("test", event.test)
    if event.test:
        values["test_low"], values["test_high"] = score_estimate(event.test).interval or (None, None)
    if gate is not None:
        values["gate_mean"] = mean(gate.differences) if gate.differences else 0.0
        values["gate_low"], values["gate_high"] = gate.interval
        values |= {f"gate_{name}": getattr(gate, name) for name in ("pairs", "e_value", "threshold")}
    return values


def _sample(name: str, values: Sequence[float]) -> dict[str, float | None]:
    return {f"{name}_mean": mean(values), f"{name}_stderr": stderr(values)} if values else {}


def rows_of(store: Store, *, texts: bool) -> Iterator[tuple[str, Row]]:
    """Name of the table and row, in the order of the record. Without `texts` there is no table of texts, and columns that may
    quote one are empty."""
    maker, seen = RowMaker(), set[bytes]()

    def row(name: str, values: Mapping[str, Any]) -> tuple[str, Row]:
        return name, tuple(
            None if column in QUOTES and not texts else _cell(values.get(column)) for column in TABLES[name]
        )

    for stored in store.outline(*_KINDS):
        if texts and not isinstance(stored.event, Compared):
            for digest, text in _new_texts(store, stored.event, seen):
                yield "texts", (digest, len(text), text)
        yield from (row(*made) for made in maker.add(stored))
    yield from (row(*made) for made in maker.end())


def _cell(value: Any) -> Value:
    return value if isinstance(value, str | int | float | None) else json.dumps(value, separators=(",", ":"))


def _new_texts(store: Store, event: Event, seen: set[bytes]) -> Iterator[tuple[str, str]]:
    """The digests in an event that were not seen before, each with its text."""
    for name in event.TEXTS:
        value = getattr(event, name)
        for digest in value if isinstance(value, tuple) else (value,):
            if digest is None or bytes.fromhex(digest) in seen:
                continue
            seen.add(bytes.fromhex(digest))
            try:
                yield digest, store.text(digest)
            except StoreError:  # a damaged record: the other tables still hold the digest of the missing text
                continue
