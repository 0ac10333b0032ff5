"""Compare two records of the same run, event by event, without times."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass

from strop.base.events import AuditNoted, RunStarted
from strop.runs.resume import ON_TEXTS, identities
from strop.store import Store


@dataclass(frozen=True)
class EventDifference:
    """One event that differs between two records."""

    kind: str
    scope: str
    fields: tuple[str, ...]
    """Fields that differ; empty if only one record has the event."""
    first: str | None
    """The differing fields in the first record, or the whole event, as JSON; None if it has none."""
    second: str | None


@dataclass(frozen=True)
class Agreement:
    """How far two records agree."""

    events: int
    """Number of common events."""
    differences: tuple[EventDifference, ...]
    notes_left_out: int = 0
    """Notes of the audit on texts that only one record has, not compared because the two were audited by different rules."""


def agreement(first: Store, second: Store) -> Agreement:
    """Compare two records, without the order of parallel events and without anything that a clock measured."""
    a, b = identities(first), identities(second)
    events, missing, extra = (a & b).total(), a - b, b - a
    differing = missing.total() + extra.total()
    if _audit_rules(first) != _audit_rules(second):
        missing, extra = _without_notes_on_texts(missing), _without_notes_on_texts(extra)
    left_out = differing - missing.total() - extra.total()
    return Agreement(events, tuple(_paired(missing, extra)), left_out)


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
