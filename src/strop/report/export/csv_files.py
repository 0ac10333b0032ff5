"""The tables of a record as CSV (RFC 4180), a file each: UTF-8 without a mark, a line of names first."""

from __future__ import annotations

import csv
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from strop.report.export.tables import TABLES, Value, rows_of
from strop.report.export.words import cell
from strop.store import Store


def write_csv(store: Store, folder: Path, *, texts: bool) -> Counter[str]:
    """Write every table of the record to `folder`, a row at a time; how many rows each has."""
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        files = {}
        for name, columns in TABLES.items():
            if name == "texts" and not texts:
                continue
            file = stack.enter_context((folder / f"{name}.csv").open("x", encoding="utf-8", newline=""))
            files[name] = csv.writer(file)
            files[name].writerow([column.name for column in columns])
            counts[name] = 0
        for name, row in rows_of(store, texts=texts):
            files[name].writerow([_cell(value) for value in row])
            counts[name] += 1
    return counts


def _cell(value: Value) -> str | int | float:
    """Nothing for None; truth as 1 or 0."""
    if value is None:
        return ""
    if isinstance(value, str):
        return cell(value)
    return int(value) if isinstance(value, bool) else value
