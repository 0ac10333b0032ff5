"""The result of `strop replay`: the record of a run and that of its replay, compared.

Events are compared without times and without the order of parallel ones. The results are compared, too, as `--json` prints them:
each is computed from the events and the metadata of its own record, so that a record whose metadata were changed says something
else than its replay, whose metadata come from the task and the recipe.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from strop.base.as_document import HIDDEN, as_document, computed
from strop.base.events import (
    AuditNoted,
    Compared,
    Evaluated,
    ImproveFinished,
    ImproveStarted,
    IterationFinished,
    IterationStarted,
    LmCalled,
    RunStarted,
)
from strop.base.pluralize import quantity
from strop.runs.reading import reading
from strop.runs.results.improved import read_improved
from strop.runs.resume import BY_THE_CLOCK, ON_TEXTS, identities, identity
from strop.runs.run_data import OUTER_IMPROVEMENT, read_run
from strop.runs.train import best_improver, searches_in, trained_of
from strop.store import Store

_PLACES = {"directory", "unverified", "applied", "best", "solution_file", "diff_file", "construction_file", "file"}
"""Fields of a result about the folder of its record and the machine."""
_NOT_REPEATED = BY_THE_CLOCK | {"unseen_dollars", "unseen_tokens", "output", "search"}
"""Fields that a replay cannot repeat: times, what was in flight, what an improver printed, and what depends on its threads."""
_IN_TURN = (
    RunStarted,
    IterationStarted,
    ImproveStarted,
    LmCalled,
    Evaluated,
    ImproveFinished,
    Compared,
    IterationFinished,
)
"""Events that follow one another because one led to the next."""


_FRAMES = (RunStarted, IterationStarted, IterationFinished)


@dataclass(frozen=True)
class Difference:
    """One thing that differs between the record and its replay."""

    what: str
    """Path of a field in the document of the result, such as `improved.test.value`; or an event by its kind, scope and the fields
    that differ; or the order of events in a scope."""
    recorded: str | None
    """The value, the fields of the event or the first event in another order as JSON; null if the record has none."""
    replayed: str | None
    """The same of the replay."""


@dataclass(frozen=True)
class Replayed:
    """How far a replay agrees with the record of its run."""

    directory: Path
    """Directory of the run."""
    events: int
    """Events that agree."""
    differences: tuple[Difference, ...]
    """What does not: fields of the result, then events by scope, then their order."""
    notes_left_out: int = field(default=0, metadata=HIDDEN)
    """Notes of the audit on texts that only one record has, not compared because the two were audited by different rules."""

    @computed
    def sentence(self) -> str:
        """The conclusion."""
        if self.differences:
            return f"The replay differs in {quantity(len(self.differences), 'place')}; {self.events} events are as recorded."
        agrees = f"The replay agrees: {self.events} events and the result, each as recorded (except for times)."
        notes = (
            f" {quantity(self.notes_left_out, 'audit note')} on programs differ: the run was audited by other rules."
        )
        return agrees + notes * bool(self.notes_left_out)


def compare_records(first: Store, second: Store, unordered: Collection[str] = ()) -> Replayed:
    """Compare a record and its replay. `unordered`: improvements whose acts come in another order each time."""
    a, b = identities(first), identities(second)
    events, missing, extra = (a & b).total(), a - b, b - a
    differing = missing.total() + extra.total()
    other_rules = _audit_rules(first) != _audit_rules(second)
    if other_rules:
        missing, extra = _without_notes_on_texts(missing), _without_notes_on_texts(extra)
    left_out = differing - missing.total() - extra.total()
    left_out_fields = _PLACES | ({"audit"} if other_rules else set())
    with reading(first.directory):
        recorded, replayed = (
            dict(_fields(_result(store, first.meta.get("kind", "")), left_out_fields)) for store in (first, second)
        )
        orders = _orders(first, unordered), _orders(second, unordered)
    found = [_difference(path, recorded.get(path), replayed.get(path)) for path in recorded | replayed]
    differences = [each for each in found if each.recorded != each.replayed] + _paired(missing, extra)
    return Replayed(first.directory, events, (*differences, *_in_other_order(*orders)), left_out)


def _result(store: Store, kind: str) -> dict[str, object]:
    """The document of the result in a record, read as one of the command `kind`: the record of a replay is of none."""
    if kind == "improve":
        return as_document(read_improved(store))  # type: ignore[no-any-return]
    run = read_run(store)
    run.meta = {**run.meta, "kind": kind}
    return as_document(trained_of(run, store.directory, searches_in(store, run), best_improver(run)))  # type: ignore[no-any-return]


def _fields(value: object, left_out: Collection[str] = (), path: str = "") -> Iterator[tuple[str, object]]:
    """The values in a document by their paths."""
    if not isinstance(value, dict | list):
        yield path, value
        return
    for name, each in value.items() if isinstance(value, dict) else enumerate(value):
        if name not in left_out and name not in _NOT_REPEATED:
            yield from _fields(each, path=f"{path}.{name}" if path else str(name))


def _orders(store: Store, unordered: Collection[str]) -> dict[str, list[str]]:
    """Scope → what followed what there, each event after the number of those of the run's own thread before it. Evaluations
    between two other events may have been asked for at once: they are sorted."""
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


def _in_other_order(recorded: dict[str, list[str]], replayed: dict[str, list[str]]) -> Iterator[Difference]:
    """The scopes in which as many events are in another order, each with the first two that differ."""
    for scope, order in recorded.items():
        pairs = [pair for pair in zip(order, replayed.get(scope, ()), strict=False) if pair[0] != pair[1]]
        if pairs and len(order) == len(replayed[scope]):
            yield _difference(f"order of events in {scope or 'the run'}", *pairs[0])


def _difference(what: str, recorded: object, replayed: object) -> Difference:
    return Difference(
        what, *(None if each is None else json.dumps(each, sort_keys=True) for each in (recorded, replayed))
    )


def _audit_rules(store: Store) -> object:
    """The version of the rules that a run was audited by; None if its record does not tell."""
    starts = (stored.event for stored in store.outline() if isinstance(stored.event, RunStarted))
    return next(starts).environment.get("audit")


def _without_notes_on_texts(names: Counter[str]) -> Counter[str]:
    kept = Counter(names)
    for name in names:
        kind, values = json.loads(name)
        if kind == AuditNoted.__name__ and values["rule"].startswith(ON_TEXTS):
            del kept[name]
    return kept


def _paired(missing: Counter[str], extra: Counter[str]) -> list[Difference]:
    """The events of only one record, each with an event of the other of the same kind and scope."""
    others: dict[str, list[dict[str, object]]] = defaultdict(list)
    differences = []
    for what, event in _events(extra):
        others[what].append(event)
    for what, event in _events(missing):
        other = others[what].pop(0) if others[what] else None
        names = [name for name in event if other and event[name] != other.get(name)]
        shown = ({name: one.get(name) for name in names} if names else one for one in (event, other) if one)
        differences.append(
            _difference(": ".join([what, *([", ".join(names)] if names else [])]), *shown, *([None] * (not other)))
        )
    rest = [_difference(what, None, event) for what, events in others.items() for event in events]
    return sorted(differences + rest, key=lambda difference: difference.what)


def _events(names: Counter[str]) -> list[tuple[str, dict[str, object]]]:
    """Each event with its kind and scope in words."""
    events = [json.loads(name) for name in sorted(names.elements())]
    return [(f"{kind} at {values['scope'] or 'the run'}", values) for kind, values in events]
