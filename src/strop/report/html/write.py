"""Write the page of a run."""

from __future__ import annotations

from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.report.html.compared import compared_document
from strop.report.html.document import page_document
from strop.report.html.page import render
from strop.store import Store

FILE_NAME = "report.html"
SEVERAL = "comparison.html"
"""In the directory of the first of several runs."""


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
        raise ConfigurationError(f"{path} cannot be written: {error.strerror or error}") from None


def report_of(directory: Path, *others: Path) -> str:
    """The page of the run in a directory; with `others`, of all of them compared.

    Raises:
        ConfigurationError: the runs have nothing in common.
        StoreError: there is none, or it is damaged.
    """
    if others:
        return render(compared_document([directory, *others]))
    with Store.open(directory) as store:
        return render(page_document(store, directory))
