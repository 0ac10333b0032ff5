"""The page of a record."""

from __future__ import annotations

from pathlib import Path

from strop.report.html.page import Page, read_page
from strop.runs.record import Record
from strop.store import Store


def page_of(directory: Path) -> Page:
    with Store.open(directory) as store:
        return read_page(Record(store))
