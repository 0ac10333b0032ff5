"""Values as comparable text and as program text, and ways to change them.

This file is put before the text of every attack (`sampled.program`): standard library and numpy only.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


def canonical(value: Any) -> str:
    """A text that equal values share: plain types, arrays, dicts, lists and tuples (which are alike). Other objects are named."""
    if type(value) is int:  # most values of most instances: before the questions of what else it could be
        return f"int {value:#x}"  # the number of decimal digits is limited, not that of these
    if type(value) is float:
        return f"float {value!r}"
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        array = np.ascontiguousarray(value.astype(value.dtype.newbyteorder("<")))
        if array.dtype.kind == "O":
            return f"array {array.shape} {canonical(array.tolist())}"
        return f"array {array.dtype.str} {value.shape} {hashlib.sha256(array.tobytes()).hexdigest()}"
    if isinstance(value, dict):
        return "{" + ",".join(f"{canonical(key)}:{canonical(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    if isinstance(value, (set, frozenset)):
        return "set[" + ",".join(sorted(canonical(item) for item in value)) + "]"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{type(value).__name__} {value:#x}"
    if value is None or isinstance(value, (bool, float, str, bytes)):
        return f"{type(value).__name__} {value!r}"
    fields = getattr(value, "__dict__", None)
    return f"{type(value).__name__} {canonical(fields) if fields else ''}"


def key_of(values: Any) -> str:
    """A short name for a list of inputs."""
    return hashlib.sha256(canonical(values).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def literal(value: Any) -> str:
    """A Python expression for the value (plain types and numeric arrays; needs `np`)."""
    if isinstance(value, np.ndarray):
        little = value.astype(value.dtype.newbyteorder("<"))
        data, dtype, shape = little.tobytes().hex(), little.dtype.str, tuple(value.shape)
        return f"np.frombuffer(bytes.fromhex({data!r}), dtype={dtype!r}).reshape({shape!r}).copy()"
    if isinstance(value, np.generic):
        return literal(value.item())
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    if isinstance(value, int) and abs(value) >= 2**64:
        return f"{value:#x}"
    return repr(value)


def leaves(value: Any, change: Callable[[Any], Any]) -> Any:
    """`value` with every number, truth value and text in it changed; arrays become lists."""
    if isinstance(value, np.ndarray):
        return [leaves(item, change) for item in value.tolist()] if value.ndim else change(value.item())
    if isinstance(value, (list, tuple)):
        return [leaves(item, change) for item in value]
    if isinstance(value, dict):
        return {key: leaves(item, change) for key, item in value.items()}
    return value if value is None else change(value)


def leaves_of(value: Any) -> list[Any]:
    """Every number, truth value and text in it, in order."""
    found: list[Any] = []
    leaves(value, found.append)
    return found


def plain(value: Any) -> Any:
    """`value` with arrays as lists."""
    return leaves(value, lambda leaf: leaf)


def first_leaf(value: Any) -> Any:
    """The first number or text in it; the value itself if there is none."""
    return (leaves_of(value) or [value])[0]


def all_leaves(value: Any, holds: Callable[[Any], bool]) -> bool:
    """Whether something holds for every number and text in it."""
    return all(map(holds, leaves_of(value)))


def at(value: Any, path: list[Any]) -> Any:
    """The part at a path of keys, indices and ("column", j)."""
    for step in path:
        value = np.asarray(value)[:, step[1]] if isinstance(step, (list, tuple)) else value[step]
    return value


class Honest:
    """Gives a fresh copy of the honest answer to the inputs of this call."""

    def __init__(self, answers: Mapping[str, Any], name: str) -> None:
        self.answer = answers.get(name)
        self.others = list(answers.values())
        """The honest answers to all instances."""

    def __call__(self) -> Any:
        return copy.deepcopy(self.answer)
