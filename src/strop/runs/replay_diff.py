"""The result of `strop replay`: two records of the same run, compared event by event, without times."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from strop.base.as_document import HIDDEN, computed
from strop.base.events import AuditNoted, RunStarted
from strop.base.pluralize import quantity
from strop.runs.resume import ON_TEXTS, identities
from strop.store import Store


@dataclass(frozen=True)
class EventDifference:
    """One event that differs between the record and its replay."""

    kind: str
    """Such as `Evaluated`."""
    scope: str
    """Where in the run; empty for the run itself."""
    fields: tuple[str, ...]
    """Fields that differ; empty if only one record has the event."""
    first: str | None
    """The differing fields as recorded, or the whole event, as JSON; null if it was not recorded."""
    second: str | None
    """The same as replayed."""


@dataclass(frozen=True)
class Replayed:
    """How far a replay agrees with the record of its run."""

    directory: Path
    """Directory of the run."""
    events: int
    """Events that agree."""
    differences: tuple[EventDifference, ...]
    """Events that do not, by scope."""
    notes_left_out: int = field(default=0, metadata=HIDDEN)
    """Notes of the audit on texts that only one record has, not compared because the two were audited by different rules."""

    @computed
    def sentence(self) -> str:
        """The conclusion."""
        if self.differences:
            return f"The replay differs: {self.events} events as recorded, {len(self.differences)} not."
        agrees = f"The replay agrees: {self.events} events, each as recorded (except for times)."
        notes = (
            f" {quantity(self.notes_left_out, 'audit note')} on programs differ: the run was audited by other rules."
        )
        return agrees + notes * bool(self.notes_left_out)


def compare_records(first: Store, second: Store) -> Replayed:
    """Compare a record and its replay, without the order of parallel events and without anything that a clock measured."""
    a, b = identities(first), identities(second)
    events, missing, extra = (a & b).total(), a - b, b - a
    differing = missing.total() + extra.total()
    if _audit_rules(first) != _audit_rules(second):
        missing, extra = _without_notes_on_texts(missing), _without_notes_on_texts(extra)
    left_out = differing - missing.total() - extra.total()
    return Replayed(first.directory, events, tuple(_paired(missing, extra)), left_out)


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


def _paired(missing: Counter[str], extra: Counter[str]) -> list[EventDifference]:
    """The events of only one record, each with an event of the other of the same kind and scope."""
    others: dict[tuple[str, str], list[dict[str, object]]] = defaultdict(list)
    for kind, values in _events(extra):
        others[kind, str(values["scope"])].append(values)
    differences = []
    for kind, values in _events(missing):
        scope = str(values["scope"])
        candidates = others[kind, scope]
        differences.append(_difference(kind, scope, values, candidates.pop(0) if candidates else None))
    differences += [_difference(kind, scope, None, event) for (kind, scope), rest in others.items() for event in rest]
    return sorted(differences, key=lambda difference: (difference.scope, difference.kind))


def _events(names: Counter[str]) -> list[tuple[str, dict[str, object]]]:
    return [tuple(json.loads(name)) for name in sorted(names.elements())]


def _difference(
    kind: str, scope: str, first: dict[str, object] | None, second: dict[str, object] | None
) -> EventDifference:
    fields: tuple[str, ...] = ()
    if first is not None and second is not None:
        fields = tuple(name for name in first | second if first.get(name) != second.get(name))
    shown = [
        None if event is None else json.dumps({name: event.get(name) for name in fields or event}, sort_keys=True)
        for event in (first, second)
    ]
    return EventDifference(kind, scope, fields, shown[0], shown[1])
