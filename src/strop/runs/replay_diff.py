"""Two records of the same run, event by event, times aside."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass

from strop.runs.resume import identities
from strop.store import Store


@dataclass(frozen=True)
class Difference:
    """One event that two records do not share."""

    kind: str
    scope: str
    fields: tuple[str, ...]
    """What differs; empty where only one record has such an event."""
    first: str | None
    """The differing fields in the first record, or the whole event, as JSON; None where it has none."""
    second: str | None


@dataclass(frozen=True)
class Agreement:
    """How far two records agree."""

    events: int
    """Events that both have."""
    differences: tuple[Difference, ...]


def agreement(first: Store, second: Store) -> Agreement:
    """Compare two records. The order of events that ran side by side does not count, nor does anything that a clock measured."""
    a, b = identities(first), identities(second)
    return Agreement((a & b).total(), tuple(_paired(a - b, b - a)))


def _paired(missing: Counter[str], extra: Counter[str]) -> list[Difference]:
    """What only one record has, with what the other has of the same kind in the same place."""
    others: dict[tuple[str, str], list[dict[str, object]]] = defaultdict(list)
    for kind, values in _events(extra):
        others[kind, str(values["scope"])].append(values)
    found = []
    for kind, values in _events(missing):
        scope = str(values["scope"])
        there = others[kind, scope]
        found.append(_difference(kind, scope, values, there.pop(0) if there else None))
    found += [_difference(kind, scope, None, each) for (kind, scope), rest in others.items() for each in rest]
    return sorted(found, key=lambda each: (each.scope, each.kind))


def _events(names: Counter[str]) -> list[tuple[str, dict[str, object]]]:
    return [tuple(json.loads(name)) for name in sorted(names.elements())]


def _difference(kind: str, scope: str, first: dict[str, object] | None, second: dict[str, object] | None) -> Difference:
    fields: tuple[str, ...] = ()
    if first is not None and second is not None:
        fields = tuple(name for name in first | second if first.get(name) != second.get(name))
    shown = [
        None if each is None else json.dumps({name: each.get(name) for name in fields or each}, sort_keys=True)
        for each in (first, second)
    ]
    return Difference(kind, scope, fields, shown[0], shown[1])
