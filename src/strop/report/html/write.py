"""Write the page of a run."""

from __future__ import annotations

from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.report.html.compared import compared_document
from strop.report.html.document import page_document
from strop.report.html.page import render
from strop.report.html.schema import PageDocument
from strop.store import Store

FILE_NAME = "report.html"
"""The page that commands write into the directory of their run."""


def write_page(text: str, path: Path) -> None:
    """Write a page whole or not at all.

    Raises:
        ConfigurationError: it cannot be written.
    """
    draft = path.with_name(f".{path.name}.tmp")
    try:
        draft.unlink(missing_ok=True)  # in a directory from elsewhere it may be a link to any file
        draft.write_text(text, encoding="utf-8", errors="backslashreplace")
        draft.replace(path)
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror or error}") from None


def document_of(directory: Path, *others: Path) -> PageDocument:
    """The document of the page of a run; with `others`, of all of them compared.

    Raises:
        ConfigurationError: the runs have nothing in common.
        StoreError: there is no record, or it is damaged.
    """
    if others:
        return compared_document([directory, *others])
    with Store.open(directory) as store:
        return page_document(store, directory)


def report_of(directory: Path, *others: Path) -> str:
    """The page itself, one HTML file. Raises as `document_of`."""
    return render(document_of(directory, *others))
