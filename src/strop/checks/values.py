"""Values as text that equal values share."""

from __future__ import annotations

import hashlib
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


def content(value: Any) -> list[Any]:
    """The numbers and texts of an answer, in order, whatever its form."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, dict):
        value = list(value.values())
    return [leaf for item in value for leaf in content(item)] if isinstance(value, list) else [value]
