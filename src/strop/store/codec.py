"""Encode events as JSON and texts, and decode them.

Texts in the file are UTF-8 that keeps lone surrogates, which a guest may send (`surrogatepass`), so that every event is read
back unchanged. SQLite and its tools accept such bytes; a strict decoder does not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from math import isfinite
from types import NoneType, UnionType
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from strop.base.events import Event, outlined
from strop.base.from_json import read_json

_Check: TypeAlias = Callable[[Any], bool]
_DIGEST = re.compile("[0-9a-f]{64}")


def encode(event: Event) -> tuple[str, dict[str, str]]:
    """The event as JSON with digests in place of its texts, and the texts by digest."""
    texts: dict[str, str] = {}
    data = {name: value for name, value in vars(outlined(event, texts)).items() if name != "scope"}
    return json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":")), texts


def decode(kind: type[Event], scope: str, data: str, text: Callable[[str], str]) -> Event:
    """The event that `encode` encoded, with its whole texts. Fields that `kind` does not have are ignored.

    Raises:
        ValueError: `data` is not such an event: a value has another type than its field, or one without a default is missing.
    """
    checks = _checks(kind)
    values: dict[str, Any] = {"scope": scope}
    found = read_json(data)
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")
    for name, value in found.items():
        if (check := checks.get(name)) is None:
            continue
        if not check(value):
            raise ValueError(f"{name} is {value!r:.60}")
        if name in kind.TEXTS:
            value = _in_full(value, text)
        values[name] = tuple(value) if type(value) is list else value
    try:
        return kind(**values)
    except TypeError as error:
        raise ValueError(str(error)) from None


def _in_full(digests: Any, text: Callable[[str], str]) -> Any:
    if digests is None:
        return None
    for digest in digests if isinstance(digests, list) else [digests]:
        if not _DIGEST.fullmatch(digest):
            raise ValueError("invalid digest: expected 64 hexadecimal digits")
    return [text(digest) for digest in digests] if isinstance(digests, list) else text(digests)


_known: dict[type[Event], dict[str, _Check]] = {}


def _checks(kind: type[Event]) -> dict[str, _Check]:
    """Field → whether a JSON value may be in it."""
    if kind not in _known:
        types = get_type_hints(kind)
        _known[kind] = {field.name: _check_of(types[field.name]) for field in fields(kind) if field.name != "scope"}
    return _known[kind]


def _check_of(hint: Any) -> _Check:
    """Whether a JSON value is of a declared type: a number is finite, an integer fits into 64 bits."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        each = [_check_of(part) for part in parts]
        return lambda value: any(check(value) for check in each)
    if origin is Literal:
        return lambda value: type(value) is str and value in parts
    if origin is tuple:
        item = _check_of(parts[0])
        is_pair = Ellipsis not in parts
        return lambda value: type(value) is list and (not is_pair or len(value) == len(parts)) and all(map(item, value))
    if origin is Mapping:
        inner = _check_of(parts[1])
        return lambda value: type(value) is dict and all(map(inner, value.values()))
    return _SIMPLE[hint]


def _is_number(value: Any) -> bool:
    return (type(value) is float and isfinite(value)) or _is_integer(value)


def _is_integer(value: Any) -> bool:
    return type(value) is int and -(1 << 63) <= value < 1 << 63


_SIMPLE: dict[Any, _Check] = {
    Any: lambda value: True,
    NoneType: lambda value: value is None,
    str: lambda value: type(value) is str,
    bool: lambda value: type(value) is bool,
    int: _is_integer,
    float: _is_number,
}


def to_bytes(text: str) -> bytes:
    """UTF-8 that keeps lone surrogates (`surrogatepass`)."""
    return text.encode("utf-8", "surrogatepass")


def to_text(stored: bytes) -> str:
    """The inverse of `to_bytes`."""
    return stored.decode("utf-8", "surrogatepass")
