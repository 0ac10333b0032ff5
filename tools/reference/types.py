"""Tables of the fields of dataclasses: name, type with its unit, and what the field holds."""

from __future__ import annotations

import ast
import collections.abc
import inspect
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from fractions import Fraction
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from reference.markdown import code, prose, table
from strop.api.conventions import help_texts
from strop.base.as_document import computed, names_of
from strop.base.events import Event
from strop.base.from_json import Bounds

_TYPES = {
    int: "integer",
    float: "number",
    str: "string",
    Path: "string",
    Fraction: "string",
    bool: "boolean",
    NoneType: "null",
    Any: "any",
    object: "any",
}
_UNITS = {
    "seconds": "seconds",
    "dollars": "dollars",
    "share": "from 0 to 1",
    "confidence": "from 0 to 1",
}
"""Last word of a field's name → unit of its numbers."""


class Fields:
    """Makes tables of fields. `links`: type → link to the section about it."""

    def __init__(self, links: Mapping[object, str]) -> None:
        self._links = links
        self.unknown: set[type] = set()
        """Dataclasses that occur as types of fields and have no section."""

    def table(self, kind: type, *, without: Iterable[str] = (), texts: Iterable[str] = ()) -> list[str]:
        """The table of a type's fields, those of its bases included. `texts`: those whose strings are called texts."""
        meanings, hints = _texts_of(kind), _hints(kind)
        types = {name: self.type(hint, name) for name, hint in hints.items() if name not in without and name[0] != "_"}
        types |= {name: types[name].replace("string", "text") for name in texts}
        rows = [(code(name), words, _meaning(hints[name], meanings.get(name, ""))) for name, words in types.items()]
        return table(("field", "type", "meaning"), rows)

    def type(self, hint: Any, name: str = "") -> str:
        """A type in the words of JSON, with the unit of its numbers."""
        origin, arguments = get_origin(hint), get_args(hint)
        if hint in self._links:
            return self._links[hint]
        if hint is float:
            unit = _UNITS.get(name.rpartition("_")[2]) or _UNITS.get(name.partition("_")[0])
            return f"number, {unit}" if unit else "number"
        if hint in _TYPES:
            return _TYPES[hint]
        if origin in (Union, UnionType):
            return " or ".join(self.type(one, name) for one in arguments)
        if origin is Annotated:
            return self._bounded(arguments, name)
        if origin is Literal:
            return _TYPES[type(arguments[0])]
        if origin in (list, tuple, Sequence):
            return f"list of {_plural(self.type(arguments[0], name))}" if arguments else "list"
        if origin in (dict, defaultdict, collections.abc.Mapping):
            return f"object of {_plural(self.type(arguments[1], name))}" if _says(arguments) else "object"
        if is_dataclass(hint):
            self.unknown.add(hint)
        return "object"

    def _bounded(self, arguments: Sequence[Any], name: str) -> str:
        bounds = next((one for one in arguments if isinstance(one, Bounds)), None)
        if arguments[0] is float and bounds is not None:
            return f"number, from {round(bounds.least)} to {round(bounds.most)}"
        return self.type(arguments[0], name)


def _says(arguments: Sequence[Any]) -> bool:
    """Whether the arguments of a mapping say what its values are."""
    return bool(arguments) and arguments[1] not in (Any, object)


def _plural(words: str) -> str:
    """A type in the plural: `numbers, seconds`; a link stays as it is."""
    return " or ".join(
        part if part.startswith("[") else re.sub(r"^\w+", r"\g<0>s", part) for part in words.split(" or ")
    )


def _meaning(hint: Any, text: str) -> str:
    """What a field holds. The values of a field that has only some are listed, unless the text has them."""
    said = prose(text)
    values = [value for part in _parts(hint) if get_origin(part) is Literal for value in get_args(part) if value != ""]
    if all(f"`{value}`" in said for value in values):
        return said
    return f"{said} One of {', '.join(map(code, values))}.".strip()


def _parts(hint: Any) -> list[Any]:
    if get_origin(hint) is Literal:
        return [hint]
    return [hint, *(part for one in get_args(hint) for part in _parts(one))]


def _hints(kind: type) -> dict[str, Any]:
    """The names in the JSON document of a type, or the fields of an event, in order, with their types."""
    hints = get_type_hints(kind, include_extras=True)
    names = [one.name for one in fields(kind)] if issubclass(kind, Event) else names_of(kind)
    made = {name: value for name in names if isinstance(value := getattr(kind, name, None), computed)}
    found = hints | {name: get_type_hints(value.fget, include_extras=True)["return"] for name, value in made.items()}
    return {name: found[name] for name in names}


def _texts_of(kind: type) -> dict[str, str]:
    """The text below each field of a dataclass, its bases' included, and that of each computed property."""
    module = sys.modules[kind.__module__]
    node = next(
        node for node in ast.parse(inspect.getsource(module)).body if getattr(node, "name", "") == kind.__name__
    )
    assert isinstance(node, ast.ClassDef)
    named = [getattr(module, base.id, None) for base in node.bases if isinstance(base, ast.Name)]
    texts: dict[str, str] = {}
    for base in [*named, *kind.__bases__]:
        if isinstance(base, type) and base.__module__.startswith("strop.") and base is not kind:
            texts |= _texts_of(base)
    own = {name: value.__doc__ or "" for name, value in vars(kind).items() if isinstance(value, computed)}
    return texts | help_texts(kind) | own


def doc(kind: type) -> str:
    """What a type is, in the words of its docstring."""
    return prose(kind.__doc__ or "")
