"""Frozen dataclasses as JSON: what `--json` prints, and what docs/reference/json.md describes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

SCHEMA_VERSION = 5
"""Version of every document. Under the same version fields are added, never renamed, removed or given another meaning."""
HIDDEN = {"hidden": True}
"""Metadata of a field that is not in the JSON document of its dataclass, such as the text of a program."""


if TYPE_CHECKING:
    computed = property
else:

    class computed(property):  # noqa: N801 - used as `property` is
        """A property of a dataclass that is part of its JSON document."""


def names_of(kind: type) -> list[str]:
    """The names in the JSON document of a dataclass: its fields without hidden ones, then its computed properties."""
    names = [field.name for field in fields(kind) if not field.metadata.get("hidden")]
    bases = [base for base in reversed(kind.__mro__) if base is not object]
    return [
        *names,
        *dict.fromkeys(name for base in bases for name, value in vars(base).items() if isinstance(value, computed)),
    ]


def as_document(value: Any) -> Any:
    """The value in types of JSON: dataclasses become objects, tuples lists, paths and fractions texts."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: as_document(getattr(value, name)) for name in names_of(type(value))}
    if isinstance(value, Mapping):
        return {str(key): as_document(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_document(item) for item in value]
    return str(value) if isinstance(value, Path | Fraction) else value


def to_json(document: Any) -> str:
    """The JSON text, in ASCII, of a document or of a result. Raises ValueError for a number that is not finite."""
    plain = document if isinstance(document, Mapping) else as_document(document)
    return json.dumps({"schema_version": SCHEMA_VERSION, **plain}, indent=2, allow_nan=False)
