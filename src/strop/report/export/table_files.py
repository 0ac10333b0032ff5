"""The tables of a record as files: CSV (RFC 4180, UTF-8, with a header line), or Parquet where pyarrow is installed."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from strop.base.errors import ConfigurationError
from strop.report.export.tables import TABLES, Column, Row, Value, rows_of
from strop.store import Store

ROWS, CHARACTERS = 10_000, 16_000_000
"""A row group of Parquet holds at most so many; this is what is kept in memory of each table."""
_ARROW = {"int": "int64", "float": "float64", "bool": "bool_"}
"""By type of a column; every other is `large_string`."""
_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters except tab and line ends, and lone surrogates, which UTF-8 does not have."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
"""What a spreadsheet takes for the start of a formula (OWASP, "CSV Injection"), and the apostrophe that prevents it."""


def encodable(text: str) -> str:
    r"""The text with lone surrogates as `\udXXX`, six characters each."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def csv_cell(value: Value) -> str | int | float:
    r"""A value as a cell of CSV: empty for None; 1 or 0 for a truth value. An apostrophe stands before a
    text that begins like a formula or with an apostrophe. Control characters and lone surrogates become `\xNN` and `\udXXX`."""
    if value is None:
        return ""
    if isinstance(value, str):
        shown = _UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), value)
        return f"'{shown}" if shown.startswith(_FORMULA) else shown
    return int(value) if isinstance(value, bool) else value


class _Csv:
    def __init__(self, folder: Path, name: str, columns: tuple[Column, ...]) -> None:
        self._file = (folder / f"{name}.csv").open("x", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow([column.name for column in columns])
        self.close = self._file.close

    def add(self, row: Row) -> None:
        self._writer.writerow(map(csv_cell, row))


class _Parquet:
    def __init__(self, folder: Path, name: str, columns: tuple[Column, ...]) -> None:
        import pyarrow  # an extra
        from pyarrow import parquet

        self._arrow: Any = pyarrow
        types = [(column.name, getattr(pyarrow, _ARROW.get(column.type, "large_string"))()) for column in columns]
        self._schema = pyarrow.schema(types)
        self._writer = parquet.ParquetWriter(folder / f"{name}.parquet", self._schema, compression="zstd")
        self._rows: list[Row] = []
        self._characters = 0

    def add(self, row: Row) -> None:
        self._rows.append(tuple(encodable(value) if isinstance(value, str) else value for value in row))
        self._characters += sum(len(value) for value in row if isinstance(value, str))
        if len(self._rows) >= ROWS or self._characters >= CHARACTERS:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            columns = zip(zip(*self._rows, strict=True), self._schema, strict=True)
            arrays = [self._arrow.array(values, type=field.type) for values, field in columns]
            self._writer.write_table(self._arrow.Table.from_arrays(arrays, schema=self._schema))
        self._rows, self._characters = [], 0


TABLE_FORMS: Mapping[str, type[_Csv | _Parquet]] = {"csv": _Csv, "parquet": _Parquet}
"""Format, which is also the suffix of its files → what writes a table."""


def write_tables(store: Store, folder: Path, form: str, *, texts: bool) -> Counter[str]:
    """Write every table of the record to `folder` in a form of TABLE_FORMS; returns the number of rows of each.

    Raises:
        ConfigurationError: pyarrow is not installed.
    """
    tables: dict[str, _Csv | _Parquet] = {}
    with ExitStack() as stack:
        for name, columns in TABLES.items():
            if texts or name != "texts":
                try:
                    tables[name] = TABLE_FORMS[form](folder, name, columns)
                except ImportError:
                    raise ConfigurationError(
                        "--to parquet needs pyarrow: pip install 'strop[parquet]'; --to csv needs nothing"
                    ) from None
                stack.callback(tables[name].close)
        counts = Counter(dict.fromkeys(tables, 0))
        for name, row in rows_of(store, texts=texts):
            tables[name].add(row)
            counts[name] += 1
    return counts
