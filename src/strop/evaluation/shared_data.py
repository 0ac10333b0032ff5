"""Do instances share data, so that the inputs of one tell of another? Rows of one data set, windows of one series, parts
of one text or table. Then each instance has a process of its own, because a process remembers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, takewhile
from typing import Any

import numpy as np

from strop.tasks.base import Instance

LOOKED_AT = 8
"""Instances that are compared."""
SHARE = 0.05
"""Mean share of an instance's pieces that another one may have by coincidence."""
LEAST_PIECES = 3
MOST_PIECES = 5000
"""Pieces of one instance that are compared; a bound on the work, not on what may be shared."""
WINDOW, LONG, SHINGLE = 3, 16, 24
"""Numbers of a series, characters of a whole text, and of a piece of one, that tell where they come from."""
BITS = 40.0
"""Bits of information from which a common row of whole numbers is not a coincidence."""
AGREEING = 0.9
"""Share of equal values from which two tables, on the keys that they have in common, are parts of one table."""


def shared_data(drawn: Iterable[Instance]) -> str:
    """Which input shows that instances share data; empty if none does.

    An input that is the same in several tells nothing; and where nothing is hidden, there is nothing to tell."""
    instances = list(takewhile(lambda instance: instance.hidden is not None, drawn))
    for name in instances[0].inputs if len(instances) > 1 else ():
        values = [instance.inputs[name] for instance in instances if name in instance.inputs]
        pieces = [set(islice(_pieces(value), MOST_PIECES)) for value in values]
        if _overlap(pieces) > SHARE:
            return f"pieces of {name} occur in several instances"
        if _are_of_one_table([value for value in values if isinstance(value, Mapping)]):
            return f"keys of {name} have equal values in several instances"
    return ""


def _overlap(pieces: Sequence[set[Any]]) -> float:
    """The mean share of an instance's pieces that others have, other than those with all the same ones: they are a constant."""
    shares = []
    for own in pieces:
        if len(own) >= LEAST_PIECES:
            others: set[Any] = set().union(*(other for other in pieces if other != own))
            shares.append(len(own & others) / len(own))
    return sum(shares) / len(pieces) if shares else 0.0


def _pieces(value: Any) -> Iterator[Any]:
    """Parts of a value that do not occur twice by chance."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, str):
        yield from (value[at : at + SHINGLE] for at in range(0, len(value) - SHINGLE + 1))
    elif isinstance(value, Mapping):
        yield from _each(value.values())
    elif isinstance(value, (list, tuple)):
        if any(_is_fraction(item) for item in value):
            windows = (tuple(value[at : at + WINDOW]) for at in range(len(value) - WINDOW + 1))
            yield from (one for one in windows if len(set(map(repr, one))) > 1 and sum(map(_is_fraction, one)) > 1)
        else:
            yield from _each(value)


def _each(items: Iterable[Any]) -> Iterator[Any]:
    """Whole items that tell where they come from, and the pieces of the others."""
    for item in items:
        row = (
            item.tolist()
            if isinstance(item, np.ndarray)
            else list(item.values())
            if isinstance(item, Mapping)
            else item
        )
        flat = isinstance(row, (list, tuple)) and not any(isinstance(one, (list, tuple, dict)) for one in row)
        if flat and len(row) > 1 and (any(_is_fraction(one) or _is_long(one) for one in row) or _bits(row) >= BITS):
            yield repr(row)
        elif _is_long(row):
            yield row
        elif isinstance(row, (list, tuple)) and not flat:
            yield from _pieces(row)


def _is_fraction(item: Any) -> bool:
    return isinstance(item, float) and math.isfinite(item) and not item.is_integer()


def _is_long(item: Any) -> bool:
    return isinstance(item, str) and len(item) >= LONG


def _bits(row: Sequence[Any]) -> float:
    return len(row) * math.log2(max(len(set(map(repr, row))), 1))


def _are_of_one_table(tables: Sequence[Mapping[Any, Any]]) -> bool:
    common = agreeing = 0
    values = {repr(value) for table in tables for value in islice(table.values(), MOST_PIECES)}
    seen: dict[Any, str] = {}
    for table in tables:
        for key, value in islice(table.items(), MOST_PIECES):
            if key in seen:
                common += 1
                agreeing += seen[key] == repr(value)
            seen[key] = repr(value)
    constant = len(tables) > 1 and all(table == tables[0] for table in tables)
    return not constant and len(values) > 1 and common >= LEAST_PIECES and agreeing >= AGREEING * common
