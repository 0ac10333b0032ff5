"""The result of `strop replay`: the differences between the record of a run and that of its replay.

Events are compared without times, and without the order of parallel events. The results are compared, too, as `--json` prints
them. Each result is computed from the events and the metadata of its own record. So it differs if the metadata of a record were
changed, because those of the replay come from the task and the recipe.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from strop.base.as_document import as_document, computed
from strop.base.events import (
    Compared,
    Evaluated,
    ImproveFinished,
    ImproveStarted,
    IterationFinished,
    IterationStarted,
    LmCalled,
    RunStarted,
)
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.runs.evaluate import measured_in
from strop.runs.record import Record
from strop.runs.results.improved import read_improved
from strop.runs.resume import BY_THE_CLOCK, identities, identity
from strop.runs.run_data import OUTER_IMPROVEMENT
from strop.runs.run_directory import ONE_RESULT
from strop.runs.train import best_improver, searches_in, trained_of
from strop.store import Store

_PLACES = {
    "directory",
    "unverified",
    "waived",
    "applied",
    "best",
    "solution_file",
    "diff_file",
    "construction_file",
    "file",
}
"""Fields of a result about the folder of its record and the machine."""
_NOT_REPEATED = BY_THE_CLOCK | {"maybe_billed_dollars", "maybe_billed_tokens", "output", "search"}
"""Fields that a replay cannot repeat: times, requests in flight, output of improvers, and everything that depends on threads."""
_FRAMES = (RunStarted, IterationStarted, IterationFinished)
_IN_TURN = (*_FRAMES, ImproveStarted, LmCalled, Evaluated, ImproveFinished, Compared)
"""Kinds of events whose order is compared, because one event leads to the next."""


@dataclass(frozen=True)
class ReplayDifference:
    """One thing that the replay did differently from the record."""

    what: str
    """What differs: a field of the result by its path, such as `improved.test.value`; an event by its kind, scope and
    fields; or the order of the events in a scope."""
    recorded: str | None
    """What the record has, as JSON. Null if it has nothing there."""
    replayed: str | None
    """What the replay has, as JSON. Null if it has nothing there."""


@dataclass(frozen=True)
class Replayed:
    """How far a replay agrees with the record of its run."""

    directory: Path
    """Directory of the run."""
    events: int
    """Number of events that agree."""
    differences: tuple[ReplayDifference, ...]
    """What does not agree: fields of the result first, then events by their scope, then their order."""

    @computed
    def sentence(self) -> str:
        """The conclusion."""
        if self.differences:
            places = quantity(len(self.differences), "place")
            return f"The replay differs in {places}; {self.events} events are as recorded."
        return f"The replay agrees: {self.events} events and the result, each as recorded (except for times and costs)."


def compare_records(one: Record, other: Record, unordered: Collection[str] = ()) -> Replayed:
    """How far a record and its replay agree. `unordered` are improvements whose acts come in another order each time."""
    first, second = one.store, other.store
    kind = one.run.meta.kind
    recorded, replayed = (dict(_fields(_result(record, kind), _PLACES)) for record in (one, other))
    orders = _orders(first, unordered), _orders(second, unordered)
    compared = [_difference(path, recorded.get(path), replayed.get(path)) for path in recorded | replayed]
    a, b = identities(first), identities(second)
    differences = [difference for difference in compared if difference.recorded != difference.replayed] + _paired(
        a - b, b - a
    )
    return Replayed(first.directory, (a & b).total(), (*differences, *_in_other_order(*orders)))


def _result(record: Record, kind: str) -> dict[str, object]:
    """The document of the result in a record, read as a record of the command `kind`, because that of a replay names no
    command."""
    if kind in ONE_RESULT:
        return as_document(read_improved(record))  # type: ignore[no-any-return]
    run = record.run
    run.meta = replace(run.meta, kind=kind)
    if kind != "run":
        return as_document(measured_in(record))  # type: ignore[no-any-return]
    return as_document(trained_of(run, record.folder, searches_in(record.store, run), best_improver(run)))  # type: ignore[no-any-return]


def _fields(value: object, left_out: Collection[str] = (), path: str = "") -> Iterator[tuple[str, object]]:
    """The values in a document by their paths."""
    if not isinstance(value, dict | list):
        yield path, value
        return
    for name, item in value.items() if isinstance(value, dict) else enumerate(value):
        if name not in left_out and name not in _NOT_REPEATED:
            yield from _fields(item, path=f"{path}.{name}" if path else str(name))


def _orders(store: Store, unordered: Collection[str]) -> dict[str, list[str]]:
    """Scope → its events in their order, each with the number of frames and outer improvements before it. Evaluations between two
    other events are sorted, because they may have been asked for at once."""
    orders: dict[str, list[list[str]]] = defaultdict(list)
    frames = 0
    evaluating: set[str] = set()
    for stored in store.outline(*_IN_TURN):
        event = stored.event
        is_evaluation = isinstance(event, Evaluated)
        scope = event.scope.rpartition("/")[0] if is_evaluation else event.scope
        frames += isinstance(event, _FRAMES) or OUTER_IMPROVEMENT.fullmatch(event.scope) is not None
        if not (is_evaluation and scope in evaluating):
            orders[scope].append([])
        (evaluating.add if is_evaluation else evaluating.discard)(scope)
        asked = identity(event) if isinstance(event, LmCalled) else event.scope
        orders[scope][-1].append(f"{frames} {type(event).__name__} {asked}")
    return {
        scope: [name for names in order for name in sorted(names)]
        for scope, order in orders.items()
        if scope not in unordered
    }


def _in_other_order(recorded: dict[str, list[str]], replayed: dict[str, list[str]]) -> Iterator[ReplayDifference]:
    """A difference for each scope that has the same number of events in another order: the first two that differ."""
    for scope, order in recorded.items():
        pairs = [pair for pair in zip(order, replayed.get(scope, ()), strict=False) if pair[0] != pair[1]]
        if pairs and len(order) == len(replayed[scope]):
            yield _difference(f"order of events in {scope or 'the run'}", *pairs[0])


def _difference(what: str, recorded: object, replayed: object) -> ReplayDifference:
    """The difference of two values, or of the fields in which two events differ."""
    if isinstance(recorded, dict) and isinstance(replayed, dict):
        names = [name for name in recorded if recorded[name] != replayed.get(name)]
        what = f"{what}: {', '.join(names)}"
        recorded, replayed = ({name: one.get(name) for name in names} for one in (recorded, replayed))
    return ReplayDifference(
        what, *(None if one is None else json.dumps(one, sort_keys=True) for one in (recorded, replayed))
    )


def _paired(missing: Counter[str], extra: Counter[str]) -> list[ReplayDifference]:
    """The differences of events that only one record has, each beside an event of the other record of the same kind and scope."""
    pairs: dict[str, tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
    for which, names in enumerate((missing, extra)):
        for kind, values in map(json.loads, sorted(names.elements())):
            pairs[f"{kind} at {values['scope'] or 'the run'}"][which].append(values)
    return [_difference(what, *pair) for what in sorted(pairs) for pair in zip_longest(*pairs[what])]
