"""Encode events as JSON and texts, and decode them.

Texts in the file are UTF-8 that keeps lone surrogates, which a guest may send (`surrogatepass`), so that every event is read
back unchanged. SQLite and its tools accept such bytes; a strict decoder does not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from strop.base.events import Event, outlined
from strop.base.from_json import read_json, readers_of, wrong

_DIGEST = re.compile("[0-9a-f]{64}")


def encode(event: Event) -> tuple[str, dict[str, str]]:
    """The event as JSON with digests in place of its texts, and the texts by digest."""
    texts: dict[str, str] = {}
    data = {name: value for name, value in vars(outlined(event, texts)).items() if name != "scope"}
    return json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":")), texts


def decode(kind: type[Event], scope: str, data: str, text: Callable[[str], str]) -> Event:
    """The event that `encode` encoded, with its texts in full. Fields that `kind` does not have are ignored.

    Raises:
        ValueError: `data` is not such an event: a value has another type than its field, or one without a default is missing.
    """
    readers = readers_of(kind)  # type: ignore[arg-type]  # a class is hashable
    values: dict[str, Any] = {}
    document = read_json(data)
    if type(document) is not dict:
        raise ValueError("it is no JSON object")
    name = ""
    try:
        for name, value in document.items():
            if (reader := readers.get(name)) is not None:
                values[name] = reader(value)
    except ValueError as error:
        raise wrong(name, error) from None
    for name in values.keys() & kind.TEXTS:
        values[name] = _in_full(values[name], text)
    try:
        return kind(**values | {"scope": scope})
    except TypeError as error:
        raise ValueError(str(error)) from None


def _in_full(digests: Any, text: Callable[[str], str]) -> Any:
    if digests is None:
        return None
    for digest in digests if isinstance(digests, tuple) else (digests,):
        if not _DIGEST.fullmatch(digest):
            raise ValueError("invalid digest: expected 64 hexadecimal digits")
    return tuple(map(text, digests)) if isinstance(digests, tuple) else text(digests)


def to_bytes(text: str) -> bytes:
    """UTF-8 that keeps lone surrogates (`surrogatepass`)."""
    return text.encode("utf-8", "surrogatepass")


def to_text(stored: bytes) -> str:
    """The inverse of `to_bytes`."""
    return stored.decode("utf-8", "surrogatepass")
