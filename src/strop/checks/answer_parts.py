"""Parts of answers, whatever their form: their numbers, their lists, and how to change them.

The text of this file stands in the programs of attacks, under the Python that they need: 3.9 or newer, numpy only if it is there.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

try:
    import numpy as np
except ImportError:
    np = None  # type: ignore[assignment]

Change = Callable[[Any], Any]
PARTS = ("part 0", "part 1", "part 2")
"""Of an answer that has a few parts, such as (centres, radii, sum)."""


class NotApplicable(ValueError):
    """This answer cannot be spoiled in this way."""


def is_array(value: Any) -> bool:
    return np is not None and isinstance(value, np.ndarray)


def is_number(value: Any) -> bool:
    """Numbers of Python and of numpy; no truth values."""
    kinds = (int, float) if np is None else (int, float, np.integer, np.floating)
    return isinstance(value, kinds) and not isinstance(value, bool)


def each(value: Any, change: Change) -> Any:
    """`value` with every number, truth value and text in it changed; its containers stay what they are."""
    if is_array(value):
        flat = [change(item) for item in value.ravel().tolist()]
        try:
            made = np.array(flat)
            return made.reshape(value.shape) if made.size == value.size else flat
        except (ValueError, OverflowError):
            return flat
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [each(item, change) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, dict):
        return {key: each(item, change) for key, item in value.items()}
    return value if value is None else change(value)


def leaves(value: Any) -> list[Any]:
    """Every number, truth value and text in it, in order."""
    found: list[Any] = []
    each(value, lambda leaf: found.append(leaf) or leaf)  # type: ignore[func-returns-value]
    return found


def require(holds: object) -> None:
    if not holds:
        raise NotApplicable("this answer cannot be spoiled in this way")


def numbers(value: Any, change: Change, where: str = "all") -> Any:
    """`value` with its numbers changed: all, the first, or those of one part."""
    if where in PARTS:
        return in_part(value, PARTS.index(where), lambda part: numbers(part, change))
    require(any(map(is_number, leaves(value))))
    count = itertools.count()

    def changed(leaf: Any) -> Any:
        return change(leaf) if is_number(leaf) and (where == "all" or not next(count)) else leaf

    return each(value, changed)


def in_part(value: Any, index: int, change: Change) -> Any:
    require(isinstance(value, (tuple, list, dict)) and index < len(value) < 9 and len(value) > 1)
    if isinstance(value, dict):
        return {key: change(item) if at == index else item for at, (key, item) in enumerate(value.items())}
    require(isinstance(value, tuple) or len({type(item) for item in value}) > 1 or not is_number(value[0]))
    items = [change(item) if at == index else item for at, item in enumerate(value)]
    return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)


def sequences(value: Any, change: Change) -> Any:
    """`value` with its list changed, or with each of its parts that has as many items as the longest."""
    if (isinstance(value, (list, str)) and len(value) > 1) or (is_array(value) and value.ndim and len(value) > 1):
        return change(value)
    require(isinstance(value, (tuple, dict)) and len(value) > 0)
    parts = value if isinstance(value, tuple) else tuple(value.values())
    most = max((len(part) for part in parts if has_items(part)), default=0)
    if most < 2:
        require(isinstance(value, tuple) and len(value) > 1)
        return tuple(change(list(value)))
    made = [change(part) if has_items(part) and len(part) == most else part for part in parts]
    return dict(zip(value, made)) if isinstance(value, dict) else tuple(made)  # noqa: B905 (Python 3.9)


def has_items(part: Any) -> bool:
    return isinstance(part, (list, tuple)) or (is_array(part) and part.ndim > 0)


def joined(items: Any, *more: Any) -> Any:
    """Sequences of one type, one behind the other."""
    if is_array(items):
        return np.concatenate([items, *(np.asarray(other) for other in more)])
    return sum((type(items)(other) for other in more), items)


def are_indices(value: Any) -> bool:
    """Whether these are several different whole numbers, 0 and up."""
    items = value.tolist() if is_array(value) else value
    whole = isinstance(items, (list, tuple)) and len(items) > 1 and all(is_number(i) and i == int(i) for i in items)
    return whole and min(items) >= 0 and len(set(items)) == len(items)


def sizes(inputs: list[Any]) -> set[int]:
    """Lengths of the inputs, and whole numbers among them."""
    found = {len(value) for value in inputs if hasattr(value, "__len__")}
    return found | {int(value) for value in inputs if is_number(value) and value == int(value)}
