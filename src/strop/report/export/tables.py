"""The tables of a record: one row for each evaluation, message to the language model, iteration, audit note and text.

`TABLES` lists their columns; CSV files and the tables of the page are made from it. Programs, prompts and answers are stored
once, in the table of texts; the other tables hold their digests.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from strop.analysis.stats import mean, score_estimate, stderr
from strop.base.errors import StoreError
from strop.base.events import AuditNoted, Compared, Evaluated, Event, IterationFinished, LmCalled, LmFault, LmResponded
from strop.runs.results.parts import noted
from strop.runs.scopes import is_last, iteration_of, role_in
from strop.store import Store, Stored

Value: TypeAlias = str | bool | int | float | None
Row: TypeAlias = tuple[Value, ...]


@dataclass(frozen=True)
class Column:
    """A column of a table; docs/results.md lists them."""

    name: str
    type: Literal["int", "float", "bool", "text", "json", "lines"]
    """`json` and `lines` are texts: a value as JSON, and texts that are joined by line ends."""
    quotes: bool = False
    """Whether it may quote a program, a prompt or an answer; empty where texts are left out."""

    def cell(self, value: Any) -> Value:
        """The value as it is written."""
        if self.type == "json" and not isinstance(value, str | None):
            return json.dumps(value, separators=(",", ":"))
        cell: Value = "\n".join(value or ()) if self.type == "lines" else value
        return cell


def _columns(described: str) -> tuple[Column, ...]:
    """Columns from words of the form `name:type`; a final `!` marks a column that quotes a program or a model."""
    pairs = ([*word.rstrip("!").split(":"), word] for word in described.split())
    return tuple(Column(name, kind, word.endswith("!")) for name, kind, word in pairs)  # type: ignore[arg-type]


TABLES: dict[str, tuple[Column, ...]] = {
    "evaluations": _columns(
        "seq:int at:float t:int role:text scope:text utility:text split:text solution:text verdict:text value:float "
        "instances:int scores:json verdicts:json error:text! notes:lines! metrics:json beside:json "
        "own_score_because:text output:text cpu_seconds:float wall_seconds:float"
    ),
    "calls": _columns(
        "seq:int at:float answered_at:float t:int role:text scope:text call:int index:int lm_calls:int temperature:float "
        "expertise:text message:text answer:text reasoning:text lm:text model:text finish_reason:text input_tokens:int "
        "output_tokens:int dollars:float again:bool seconds:float faults:lines!"
    ),
    "iterations": _columns(
        "seq:int at:float t:int parent:int improver:text candidate:text accepted:bool reason:text! train:json train_mean:float "
        "train_stderr:float test:json test_mean:float test_stderr:float test_low:float test_high:float tasks:json lm_calls:int "
        "evaluations:int verdicts:json seconds:float gate_pairs:int gate_mean:float gate_low:float gate_high:float "
        "gate_e_value:float gate_threshold:float"
    ),
    "audit": _columns(
        "seq:int at:float t:int scope:text rule:text title:text source:text unsandboxing:bool times:int program:text line:int "
        "detail:text!"
    ),
    "texts": _columns("digest:text characters:int text:text!"),
}
_KINDS = (Evaluated, LmCalled, LmFault, LmResponded, Compared, IterationFinished, AuditNoted)


class RowMaker:
    """Makes the rows of a record from its outline: (table, column → value), event by event. A message becomes a row when its
    answer came, or at the end. Values need `Column.cell`; a row may have more values than its table has columns."""

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
                values |= {"metrics": event.metrics or None, "beside": event.beside or None}
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
    values: dict[str, Any] = _common(request) | {"role": role_in(asked.scope), "index": index, "faults": faults}
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
        columns = TABLES[name]
        return name, tuple(
            None if column.quotes and not texts else column.cell(values.get(column.name)) for column in columns
        )

    for stored in store.outline(*_KINDS):
        if texts and not isinstance(stored.event, Compared):
            for digest, text in _new_texts(store, stored.event, seen):
                yield "texts", (digest, len(text), text)
        yield from (row(*made) for made in maker.add(stored))
    yield from (row(*made) for made in maker.end())


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
