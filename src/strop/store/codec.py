"""Events as JSON and texts, and back.

Every text in the file is UTF-8 in which a lone surrogate, which a guest may send, stands as it is (`surrogatepass`), so that
whatever was appended comes back equal. SQLite and its tools take such bytes; a strict decoder refuses them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from strop.base.events import KINDS, Event
from strop.base.solution import digest_of

_FIELDS: dict[type[Event], set[str]] = {kind: {field.name for field in fields(kind)} for kind in KINDS.values()}
_DIGEST = re.compile("[0-9a-f]{64}")


def encode(event: Event) -> tuple[str, dict[str, str]]:
    """The event as JSON with digests in the place of its texts, and the texts by digest."""
    texts: dict[str, str] = {}

    def keep(text: str | None) -> str | None:
        if text is None:
            return None
        digest = digest_of(text)
        texts[digest] = text
        return digest

    data = {name: value for name, value in vars(event).items() if name != "scope"}
    for name in event.TEXTS:
        value = data[name]
        data[name] = [keep(text) for text in value] if isinstance(value, tuple) else keep(value)
    return json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":")), texts


def decode(kind: type[Event], scope: str, data: str, text: Callable[[str], str]) -> Event:
    """What `encode` made JSON of, with its texts in full. Fields that `kind` does not know are left out.

    Raises ValueError, KeyError or TypeError when the data are not such an event.
    """
    known = _FIELDS.get(kind) or {field.name for field in fields(kind)}
    values: dict[str, Any] = {"scope": scope}
    for name, value in json.loads(data).items():
        if name in known:
            in_full = _in_full(value, text) if name in kind.TEXTS else value
            values[name] = tuple(in_full) if isinstance(in_full, list) else in_full
    return kind(**values)


def _in_full(digests: str | list[str] | None, text: Callable[[str], str]) -> str | list[str] | None:
    for digest in digests if isinstance(digests, list) else [] if digests is None else [digests]:
        if not _DIGEST.fullmatch(digest):
            raise ValueError("a digest is 64 hexadecimal digits")
    if isinstance(digests, list):
        return [text(digest) for digest in digests]
    return None if digests is None else text(digests)


def to_bytes(text: str) -> bytes:
    """UTF-8 in which a lone surrogate, which a guest may send, is kept as it is (`surrogatepass`)."""
    return text.encode("utf-8", "surrogatepass")


def to_text(stored: bytes) -> str:
    """The inverse of `to_bytes`."""
    return stored.decode("utf-8", "surrogatepass")
