"""Encode events as JSON and texts, and decode them.

Texts in the file are UTF-8 that keeps lone surrogates, which a guest may send (`surrogatepass`), so that every event is read
back unchanged. SQLite and its tools accept such bytes; a strict decoder does not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from strop.base.events import KINDS, Event, outlined
from strop.base.from_json import read_json

_FIELDS: dict[type[Event], set[str]] = {kind: {field.name for field in fields(kind)} for kind in KINDS.values()}
_DIGEST = re.compile("[0-9a-f]{64}")


def encode(event: Event) -> tuple[str, dict[str, str]]:
    """The event as JSON with digests in place of its texts, and the texts by digest."""
    texts: dict[str, str] = {}
    data = {name: value for name, value in vars(outlined(event, texts)).items() if name != "scope"}
    return json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":")), texts


def decode(kind: type[Event], scope: str, data: str, text: Callable[[str], str]) -> Event:
    """The event that `encode` encoded, with its whole texts. Fields that `kind` does not have are ignored.

    Raises:
        ValueError, KeyError, TypeError: `data` is not such an event.
    """
    names = _FIELDS.get(kind) or {field.name for field in fields(kind)}
    values: dict[str, Any] = {"scope": scope}
    for name, value in read_json(data).items():
        if name in names:
            in_full = _in_full(value, text) if name in kind.TEXTS else value
            values[name] = tuple(in_full) if isinstance(in_full, list) else in_full
    return kind(**values)


def _in_full(digests: str | list[str] | None, text: Callable[[str], str]) -> str | list[str] | None:
    for digest in digests if isinstance(digests, list) else [] if digests is None else [digests]:
        if not _DIGEST.fullmatch(digest):
            raise ValueError("invalid digest: expected 64 hexadecimal digits")
    if isinstance(digests, list):
        return [text(digest) for digest in digests]
    return None if digests is None else text(digests)


def to_bytes(text: str) -> bytes:
    """UTF-8 that keeps lone surrogates (`surrogatepass`)."""
    return text.encode("utf-8", "surrogatepass")


def to_text(stored: bytes) -> str:
    """The inverse of `to_bytes`."""
    return stored.decode("utf-8", "surrogatepass")
