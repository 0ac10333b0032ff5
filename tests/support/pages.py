"""The document of the page of a record."""

from __future__ import annotations

from pathlib import Path

from strop.report.html.document import page_document
from strop.report.html.schema import PageDocument
from strop.store import Store


def document_of(directory: Path) -> PageDocument:
    with Store.open(directory) as store:
        return page_document(store, directory)
