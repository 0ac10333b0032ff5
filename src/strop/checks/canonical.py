"""Values as comparable text and as program text. A guest gets this file's text too: standard library and numpy only."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np


def canonical(value: Any) -> str:
    """A text that equal values share: plain types, arrays, dicts, lists and tuples (which are alike). Other objects are named."""
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
        return f"{type(value).__name__} {value:#x}"  # decimal digits are limited, these are not
    if value is None or isinstance(value, (bool, float, str, bytes)):
        return f"{type(value).__name__} {value!r}"
    fields = getattr(value, "__dict__", None)
    return f"{type(value).__name__} {canonical(fields) if fields else ''}"


def key_of(values: Any) -> str:
    """A short name for a list of inputs."""
    return hashlib.sha256(canonical(values).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def literal(value: Any) -> str:
    """An expression of Python that gives the value again (plain types and numeric arrays; needs `np`)."""
    if isinstance(value, np.ndarray):
        little = value.astype(value.dtype.newbyteorder("<"))
        data, dtype, shape = little.tobytes().hex(), little.dtype.str, tuple(value.shape)
        return f"np.frombuffer(bytes.fromhex({data!r}), dtype={dtype!r}).reshape({shape!r}).copy()"
    if isinstance(value, np.generic):
        return literal(value.item())
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        inside = ", ".join(literal(item) for item in value)
        return f"[{inside}]"
    if isinstance(value, int) and abs(value) >= 2**64:
        return f"{value:#x}"
    return repr(value)
