"""The documents of cells, as they are kept: `cells/NAME.json`, written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from strop.base.errors import StoreError
from strop.report.terminal.documents import SCHEMA_VERSION

Document = dict[str, Any]
"""What a command printed with --json."""

FOLDER = "cells"


class _Kept(Document):
    """A part of a document that remembers its file."""

    def __init__(self, file: Path, found: Document) -> None:
        super().__init__(found)
        self.file = file

    def __missing__(self, field: str) -> Any:
        raise StoreError(f"{self.file} lacks {field!r}; remove it, and it is made anew")


def file_of(document: Document) -> str:
    """Where a document is kept, in words."""
    return str(document.file) if isinstance(document, _Kept) else "a document"


def kept(home: Path, name: str) -> Document | None:
    """The document of a cell that is done; None where there is none, or what there is cannot be one.

    A document that was whole when its parent was killed is taken over.
    """
    final, draft = home / f"{name}.json", home / f"{name}.json.part"
    document = document_in(final)
    if document is None and (document := document_in(draft)) is not None:
        draft.replace(final)
    return document


def document_in(path: Path) -> Document | None:
    """The document of a file; None where it is not whole, or of a command that did not come to its end."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"), object_hook=lambda found: _Kept(path, found))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or document.get("schema_version") != SCHEMA_VERSION:
        return None
    return document if document.get("status", "finished") == "finished" else None
