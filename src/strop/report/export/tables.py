"""A record as tables: one row an evaluation, a message to the language model, an iteration, a note of the audit, a text.

Rows are made while the record is read. Programs, prompts and answers stand once, in the table of texts; the others name them by
their digests. What is kept meanwhile: LM calls that wait for their answers, and the digests that were named.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from strop.analysis.stats import mean, stderr, t_estimate
from strop.base.errors import StoreError
from strop.base.events import AuditNoted, Compared, Evaluated, Event, IterationFinished, LmCalled, LmFault, LmResponded
from strop.report.terminal.notes import noted
from strop.runs.scopes import iteration_of, role_in
from strop.store import Store, Stored

Value: TypeAlias = str | bool | int | float | None
Row: TypeAlias = tuple[Value, ...]


@dataclass(frozen=True)
class Column:
    """A column of a table; docs/export.md says what it means."""

    name: str
    type: Literal["int", "float", "bool", "text"]
    free: bool = False
    """Whether it may quote a program, a prompt or an answer: empty where texts are not wanted."""


def _columns(described: str) -> tuple[Column, ...]:
    """From `name:type` words; `!` at the end marks what may quote."""
    pairs = ([*word.rstrip("!").split(":"), word] for word in described.split())
    return tuple(Column(name, kind, word.endswith("!")) for name, kind, word in pairs)  # type: ignore[arg-type]


TABLES: dict[str, tuple[Column, ...]] = {
    "evaluations": _columns(
        "seq:int at:float t:int role:text scope:text utility:text split:text solution:text verdict:text value:float "
        "instances:int scores:text verdicts:text error:text! notes:text! metrics:text beside:text "
        "cpu_seconds:float wall_seconds:float"
    ),
    "calls": _columns(
        "seq:int at:float answered_at:float t:int role:text scope:text call:int index:int lm_calls:int temperature:float "
        "expertise:text message:text answer:text reasoning:text lm:text model:text finish_reason:text input_tokens:int "
        "output_tokens:int dollars:float again:bool seconds:float faults:text!"
    ),
    "iterations": _columns(
        "seq:int at:float t:int parent:int improver:text candidate:text accepted:bool reason:text! train:text train_mean:float "
        "train_stderr:float test:text test_mean:float test_stderr:float test_low:float test_high:float tasks:text lm_calls:int "
        "evaluations:int verdicts:text seconds:float gate_pairs:int gate_mean:float gate_low:float gate_high:float "
        "gate_e_value:float gate_threshold:float"
    ),
    "audit": _columns(
        "seq:int at:float t:int scope:text rule:text title:text told_by:text unsandboxing:bool times:int program:text line:int "
        "detail:text!"
    ),
    "texts": _columns("digest:text characters:int text:text!"),
}


@dataclass
class _Waiting:
    """An LM call whose answers have not all come."""

    rows: dict[int, list[Value]]
    faults: dict[int, list[str]] = field(default_factory=dict)


@dataclass
class _Reader:
    text: Callable[[str], str]
    texts: bool
    waiting: dict[tuple[str, int], _Waiting] = field(default_factory=dict)
    gates: dict[int, Compared] = field(default_factory=dict)
    named: set[bytes] = field(default_factory=set)

    def rows(self, stored: Stored[Event]) -> Iterator[tuple[str, Row]]:
        """The rows that are whole with this event."""
        match stored.event:
            case Evaluated() as event:
                yield from self._texts(event.solution)
                yield "evaluations", _evaluation(stored, event)
            case LmCalled() as event:
                yield from self._texts(event.expertise, *event.messages)
                rows = {index: _call(stored, event, index) for index in range(len(event.messages))}
                self.waiting[event.scope, event.call] = _Waiting(rows)
            case LmFault() as event:
                waiting = self.waiting.get((event.scope, event.call))
                if waiting is not None:
                    waiting.faults.setdefault(event.index, []).append(f"{event.fault}: {event.detail}")
            case LmResponded() as event:
                yield from self._texts(event.text, event.reasoning)
                yield from self._answered(stored.at, event)
            case Compared() as event:
                self.gates[event.t] = event
            case IterationFinished() as event:
                yield from self._texts(event.improver, event.candidate)
                yield "iterations", _iteration(stored, event, self.gates.get(event.t))
            case AuditNoted() as event:
                yield from self._texts(event.program)
                yield "audit", _note(stored, event)
            case _:
                pass

    def rest(self) -> Iterator[tuple[str, Row]]:
        """The messages that were never answered."""
        for waiting in self.waiting.values():
            for index, row in sorted(waiting.rows.items()):
                row[-1] = "\n".join([*waiting.faults.get(index, []), *waiting.faults.get(-1, [])])
                yield "calls", tuple(row)

    def _answered(self, at: float, event: LmResponded) -> Iterator[tuple[str, Row]]:
        waiting = self.waiting.get((event.scope, event.call))
        row = None if waiting is None else waiting.rows.pop(event.index, None)
        if waiting is None or row is None:
            return
        names = [column.name for column in TABLES["calls"]]
        dollars = None if event.cost is None else event.cost / 1e9
        given: dict[str, Value] = {
            "answered_at": at, "answer": event.text, "reasoning": event.reasoning, "lm": event.lm, "model": event.model,
            "finish_reason": event.finish_reason, "input_tokens": event.input_tokens, "output_tokens": event.output_tokens,
            "dollars": dollars, "again": event.again, "seconds": event.seconds,
            "faults": "\n".join(waiting.faults.pop(event.index, [])),
        }  # fmt: skip
        for name, value in given.items():
            row[names.index(name)] = value
        if not waiting.rows:
            del self.waiting[event.scope, event.call]
        yield "calls", tuple(row)

    def _texts(self, *digests: str | None) -> Iterator[tuple[str, Row]]:
        for digest in digests if self.texts else ():
            if digest is None or (known := bytes.fromhex(digest)) in self.named:
                continue
            self.named.add(known)
            try:
                text = self.text(digest)
            except StoreError:  # of a damaged record: the digest in the other tables says which is missing
                continue
            yield "texts", (digest, len(text), text)


def rows_of(store: Store, *, texts: bool) -> Iterator[tuple[str, Row]]:
    """Name of the table and row, in the order of the record; a message comes when its answer came. Without `texts` there is no
    table of texts, and columns that may quote one are empty."""
    reader = _Reader(store.text, texts)
    for stored in store.outline():
        for name, row in reader.rows(stored):
            yield name, row if texts else _without(name, row)
    for name, row in reader.rest():
        yield name, row if texts else _without(name, row)


def _without(name: str, row: Row) -> Row:
    return tuple(None if column.free else value for column, value in zip(TABLES[name], row, strict=True))


def _json(values: object) -> str:
    return json.dumps(values, separators=(",", ":"))


def _evaluation(stored: Stored[Event], event: Evaluated) -> Row:
    where = (stored.seq, stored.at, iteration_of(event.scope), role_in(event.scope), event.scope)
    what = (event.utility, event.split, event.solution, event.verdict, event.value, len(event.scores))
    each = (
        _json(event.scores),
        _json(event.verdicts),
        event.error,
        "\n".join(event.notes),
        event.metrics,
        event.beside,
    )
    return (*where, *what, *each, event.cpu_seconds, event.wall_seconds)


def _call(stored: Stored[Event], event: LmCalled, index: int) -> list[Value]:
    """LM calls are charged by the request: the first message has them all, so that the column adds up."""
    row: list[Value] = [
        stored.seq,
        stored.at,
        None,
        iteration_of(event.scope),
        role_in(event.scope),
        event.scope,
        event.call,
        index,
    ]
    row += [0 if index else event.cost, event.temperature, event.expertise, event.messages[index]]
    return row + [None] * (len(TABLES["calls"]) - len(row))


def _iteration(stored: Stored[Event], event: IterationFinished, gate: Compared | None) -> Row:
    test = t_estimate(event.test).interval if event.test else None
    judged: Row = (None,) * 6
    if gate is not None:
        (below, above), shift = gate.interval, mean(gate.differences) if gate.differences else 0.0
        judged = (gate.pairs, shift, below, above, gate.e_value, gate.threshold)
    return (
        stored.seq, stored.at, event.t, event.parent, event.improver, event.candidate, event.accepted, event.reason,
        *_sample(event.train), *_sample(event.test), *((None, None) if test is None else (max(test[0], 0.0), min(test[1], 1.0))),
        _json(event.tasks), event.lm_calls, event.evaluations, event.verdicts, event.seconds, *judged,
    )  # fmt: skip


def _sample(values: Sequence[float]) -> Row:
    """Values, mean and standard error."""
    return (_json(values), mean(values), stderr(values)) if values else (_json(values), None, None)


def _note(stored: Stored[Event], event: AuditNoted) -> Row:
    (said,) = noted({event.rule: 1})
    where = (stored.seq, stored.at, iteration_of(event.scope), event.scope)
    return (
        *where,
        event.rule,
        said.title,
        said.told_by,
        said.unsandboxing,
        event.times,
        event.program,
        event.line,
        event.detail,
    )
