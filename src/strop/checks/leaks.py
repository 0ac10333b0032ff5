"""Where the inputs of instances hold what is hidden: the same place in every instance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from strop.checks.canonical import canonical
from strop.tasks.base import Instance

Path: TypeAlias = tuple[Any, ...]
"""Keys, indices and `("column", j)`, from a value to a part of it."""

DEEPEST = 3
MOST_PARTS = 64
"""How many parts of one value are looked at."""


def parts(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """A value and its parts: entries of dicts and lists, rows and columns of tables."""
    yield path, value
    if len(path) >= DEEPEST:
        return
    if isinstance(value, dict):
        for key, item in list(value.items())[:MOST_PARTS]:
            yield from parts(item, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value[:MOST_PARTS]):
            yield from parts(item, (*path, index))
    table = _table(value)
    if table is not None:
        for index in range(min(len(table), MOST_PARTS) if isinstance(value, np.ndarray) else 0):
            yield (*path, index), table[index]
        for column in range(min(table.shape[1], MOST_PARTS)):
            yield (*path, ("column", column)), table[:, column]


def hidden_in_inputs(instances: Sequence[Instance]) -> list[Path]:
    """The places of the inputs that equal the hidden data, or a part of it, in every instance. The first key of a path is the
    input's number. Whether that matters, only the scorer can say: hidden data may repeat what everyone may know."""
    return _common([_places(instance) for instance in instances])


def constant_hidden(instances: Sequence[Instance]) -> list[Any]:
    """The hidden data, and its parts, that are the same in every instance."""
    shared = _common([{path: canonical(value) for path, value in parts(one.hidden)} for one in instances])
    first = dict(parts(instances[0].hidden)) if instances else {}
    return [first[path] for path in shared if first[path] is not None]


def _places(instance: Instance) -> dict[Path, str]:
    hidden = {_flat(value) for _, value in parts(instance.hidden) if value is not None}
    found = parts(list(instance.inputs.values()))
    return {path: "" for path, value in found if path and _flat(value) in hidden}


def _common(each: list[dict[Path, str]]) -> list[Path]:
    if not each:
        return []
    return [path for path, value in each[0].items() if all(one.get(path) == value for one in each)][:16]


def _flat(value: Any) -> str:
    """A text that is the same for a row, a column and a list of equal numbers."""
    try:
        array = np.asarray(value)
    except ValueError:
        return canonical(value)
    if array.dtype.kind in "biuf":
        return canonical(array.astype(np.float64).ravel().tolist())
    return canonical(value)


def _table(value: Any) -> np.ndarray | None:
    if not isinstance(value, (list, tuple, np.ndarray)):
        return None
    try:
        array = np.asarray(value)
    except ValueError:
        return None
    return array if array.ndim == 2 and array.dtype.kind in "biufU" else None
