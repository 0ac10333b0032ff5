"""Read JSON that somebody else may have written: values of bounded depth, and frozen dataclasses with every type checked."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache, partial
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
Reader: TypeAlias = Callable[[Any], Any]
"""Turns a JSON value into a value of one type, or raises ValueError with a clause: `is 'x'; it must be a number`."""

MAX_DEPTH = 100
"""Levels of nesting that are read. Python's own functions on nested values, its parser among them, fail from a few hundred on."""


@dataclass(frozen=True)
class Bounds:
    """The range of a number: from `least`, which may be excluded, to `most`. Annotates the type of a field."""

    least: float
    most: float = math.inf
    excludes_least: bool = False


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
        inner = [node.values() if isinstance(node, dict) else node for node in level if isinstance(node, dict | list)]
        if not inner:
            return False
        level = [child for children in inner for child in children]
    return any(isinstance(node, dict | list) for node in level)


def from_json(kind: type[T], text: str) -> T:
    """The `kind` that `text` encodes. Unknown fields are ignored; fields with a default may be missing.

    Raises:
        ValueError: it is something else; the message is one line.
    """
    try:
        value = read_json(text)
    except ValueError as error:
        raise ValueError(f"it is no JSON: {error}") from None
    read: T = read_as(reader_of(kind), value)  # type: ignore[arg-type]  # a class is hashable
    return read


def read_as(reader: Reader, value: Any, name: str = "") -> Any:
    """The value of the field `name` (without a name: of a document) as `reader` reads it. Raises ValueError, which names the path
    to what is wrong."""
    try:
        return reader(value)
    except ValueError as error:
        raise wrong(name, error) from None


def wrong(name: str, error: ValueError) -> ValueError:
    """The error of a reader with the path to the value: the field `name`, or without a name the document itself."""
    clause = str(error)
    if clause.startswith(("is ", "lacks ")):
        return ValueError(f"{name or 'it'} {clause}")
    return ValueError(f"{name}.{clause}" if name else clause)


@cache
def readers_of(kind: type) -> Mapping[str, Reader]:
    """Field of a dataclass → the reader of its values."""
    types = get_type_hints(kind, include_extras=True)
    return {field.name: reader_of(types[field.name]) for field in fields(kind) if field.init}


@cache
def reader_of(hint: Any) -> Reader:
    """The reader of values of a type: a dataclass, a bounded, optional or literal type, a list, an object with values of one
    type, or a simple type. Numbers must be finite, and integers fit into 64 bits."""
    origin, parts = get_origin(hint), get_args(hint)
    if is_dataclass(hint):
        return _reading(_is_object, "a JSON object", partial(_from_object, hint))
    if origin is Annotated:
        inner, bounds = reader_of(parts[0]), next((part for part in parts[1:] if isinstance(part, Bounds)), None)
        return inner if bounds is None else _bounded(inner, bounds)
    if origin in (Union, UnionType):
        return _one_of([reader_of(part) for part in parts if part is not NoneType], is_optional=NoneType in parts)
    if origin is Literal:
        kinds = tuple(map(type, parts))
        return _reading(
            lambda value: isinstance(value, kinds) and value is not True and value in parts,
            f"one of {', '.join(map(repr, parts))}",
        )
    if origin is tuple and Ellipsis in parts:
        read_item = reader_of(parts[0])
        return _reading(_is_list, "a list", lambda value: tuple(map(read_item, value)))
    if origin is tuple:
        readers = [reader_of(part) for part in parts]
        read_list = _reading(lambda value: _is_list(value) and len(value) == len(readers), f"a list of {len(readers)}")
        return lambda value: tuple(reader(item) for reader, item in zip(readers, read_list(value), strict=True))
    if origin in (Mapping, dict, defaultdict):
        inner = reader_of(parts[1])
        return _reading(
            _is_object, "a JSON object", lambda value: {key: read_as(inner, item, key) for key, item in value.items()}
        )
    return _SIMPLE[hint]


def _reading(fits: Callable[[Any], bool], what: str, made: Reader | None = None) -> Reader:
    """A reader that refuses what does not fit, as `must be what`; `made` turns the rest into values."""

    def read(value: Any) -> Any:
        if not fits(value):
            raise _mismatch(value, what)
        return value if made is None else made(value)

    return read


def _mismatch(value: object, what: str) -> ValueError:
    excerpt = f"{value:g}" if isinstance(value, float) else f"{value!r:.60}"
    return ValueError(f"is {excerpt}; it must be {what}")


def _bounded(inner: Reader, bounds: Bounds) -> Reader:
    least, most = bounds.least, bounds.most
    takes_floats = inner is _SIMPLE[float]

    def read(value: Any) -> Any:
        if takes_floats and type(value) is float and least < value <= most:  # as nearly every score of a record
            return value
        number = inner(value)
        if number is None:
            return number
        if not (number > least if bounds.excludes_least else number >= least):
            raise _mismatch(value, f"more than {least:g}" if bounds.excludes_least else f"{least:g} or more")
        if not number <= most:
            raise _mismatch(value, f"{most:g} or less")
        return number

    return read


def _from_object(kind: Any, value: Mapping[str, Any]) -> Any:
    readers = readers_of(kind)
    values = {name: read_as(readers[name], item, name) for name, item in value.items() if name in readers}
    for field in fields(kind):
        if field.name not in values and field.init and field.default is field.default_factory is MISSING:
            raise ValueError(f"lacks {field.name}")
    return kind(**values)


def _one_of(readers: list[Reader], *, is_optional: bool) -> Reader:
    *others, last = readers

    def read(value: Any) -> Any:
        if value is None and is_optional:
            return None
        for reader in others:
            try:
                return reader(value)
            except ValueError:
                pass
        return last(value)

    return read


def _is_object(value: Any) -> bool:
    return type(value) is dict


def _is_list(value: Any) -> bool:
    return type(value) is list


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -(1 << 63) <= value < 1 << 63


def _is_number(value: Any) -> bool:
    return math.isfinite(value) if isinstance(value, float) else _is_integer(value)


_SIMPLE: dict[Any, Reader] = {
    Any: lambda value: value,
    object: lambda value: value,
    str: _reading(lambda value: isinstance(value, str), "a text"),
    bool: _reading(lambda value: type(value) is bool, "true or false"),
    int: _reading(_is_integer, "a whole number"),
    float: _reading(_is_number, "a number"),
    Path: _reading(lambda value: isinstance(value, str), "a text", Path),
}
