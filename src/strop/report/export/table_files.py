"""The tables of a record as CSV files (RFC 4180, UTF-8, with a header line)."""

from __future__ import annotations

import csv
import re
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from strop.report.export.tables import TABLES, Value, rows_of
from strop.store import Store

_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters except tab and line ends, and lone surrogates, which UTF-8 does not have."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
"""What a spreadsheet takes for the start of a formula (OWASP, "CSV Injection"), and the apostrophe that prevents it."""


def csv_cell(value: Value) -> str | int | float:
    r"""A value as a cell of CSV: empty for None; 1 or 0 for a truth value. An apostrophe stands before a
    text that begins like a formula or with an apostrophe. Control characters and lone surrogates become `\xNN` and `\udXXX`."""
    if value is None:
        return ""
    if isinstance(value, str):
        shown = _UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), value)
        return f"'{shown}" if shown.startswith(_FORMULA) else shown
    return int(value) if isinstance(value, bool) else value


def write_tables(store: Store, folder: Path, *, texts: bool) -> Counter[str]:
    """Write every table of the record to `folder`, `texts` only if wanted; returns the number of rows of each."""
    with ExitStack() as stack:
        writers = {}
        for name, columns in TABLES.items():
            if texts or name != "texts":
                file = stack.enter_context((folder / f"{name}.csv").open("x", encoding="utf-8", newline=""))
                writers[name] = csv.writer(file)
                writers[name].writerow([column.name for column in columns])
        counts = Counter(dict.fromkeys(writers, 0))
        for name, row in rows_of(store, texts=texts):
            writers[name].writerow(map(csv_cell, row))
            counts[name] += 1
    return counts
