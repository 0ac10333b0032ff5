"""Read JSON that somebody else may have written: values of bounded depth, and frozen dataclasses with every type checked."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")

MAX_DEPTH = 100
"""Python's own functions on nested values, its parser among them, give up somewhere between a few hundred and a few thousand."""


def read_json(text: str | bytes) -> Any:
    """The value that `text` encodes.

    Raises:
        ValueError: it is not JSON, or nested deeper than `MAX_DEPTH`; the message is one line.
    """
    try:
        value = _DECODER.decode(text if isinstance(text, str) else text.decode())
    except RecursionError:
        raise ValueError(f"nested deeper than {MAX_DEPTH}") from None
    marks = ("[", "{") if isinstance(text, str) else (b"[", b"{")
    if sum(map(text.count, marks)) > MAX_DEPTH and _is_deep(value):  # type: ignore[arg-type]
        raise ValueError(f"nested deeper than {MAX_DEPTH}")
    return value


def _constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_constant)
"""Built once: a record has one text for each event."""


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        inner = [each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list)]
        if not inner:
            return False
        level = [item for items in inner for item in items]
    return any(isinstance(each, dict | list) for each in level)


def from_json(kind: type[T], text: str) -> T:
    """The `kind` that `text` encodes. Unknown fields are ignored; fields with a default may be missing.

    Raises:
        ValueError: it is something else; the message is one line.
    """
    from pydantic import ValidationError  # here for the start-up time

    try:
        read: T = _adapter(kind).validate_json(text, strict=True)  # type: ignore[arg-type]  # a class is hashable
        return read
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"{where}: {first['msg']}" if where else first["msg"]) from None


@cache
def _adapter(kind: Any) -> Any:
    from pydantic import TypeAdapter  # as above

    return TypeAdapter(kind)
