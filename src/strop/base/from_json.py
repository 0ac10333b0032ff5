"""Frozen dataclasses read from JSON, with every type checked."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


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
