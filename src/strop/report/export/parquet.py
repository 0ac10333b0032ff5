"""The tables of a record as Parquet, a file each, where pyarrow is installed (the extra `parquet`)."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from strop.base.errors import ConfigurationError
from strop.report.export.tables import TABLES, Column, Row, rows_of
from strop.report.export.words import encodable
from strop.store import Store

ROWS, CHARACTERS = 10_000, 16_000_000
"""Of a row group, at the most: what is kept in memory of each table."""


class _Group:
    """A file, and the rows that are not in it yet."""

    def __init__(self, arrow: Any, writer: Any, schema: Any) -> None:
        self._arrow, self._writer, self._schema = arrow, writer, schema
        self._rows: list[Row] = []
        self._characters = 0

    def add(self, row: Row) -> None:
        whole = tuple(encodable(value) if isinstance(value, str) else value for value in row)
        self._rows.append(whole)
        self._characters += sum(len(value) for value in whole if isinstance(value, str))
        if len(self._rows) >= ROWS or self._characters >= CHARACTERS:
            self.flush()

    def flush(self) -> None:
        if not self._rows:
            return
        columns = [
            self._arrow.array(values, type=kind.type)
            for values, kind in zip(zip(*self._rows, strict=True), self._schema, strict=True)
        ]
        self._writer.write_table(self._arrow.Table.from_arrays(columns, schema=self._schema))
        self._rows, self._characters = [], 0


def write_parquet(store: Store, folder: Path, *, texts: bool) -> Counter[str]:
    """Write every table of the record to `folder`; how many rows each has.

    Raises:
        ConfigurationError: pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise ConfigurationError(
            "--to parquet needs pyarrow: pip install 'strop[parquet]'; --to csv needs nothing"
        ) from None
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        groups = {}
        for name, columns in TABLES.items():
            if name == "texts" and not texts:
                continue
            schema = _schema(pyarrow, columns)
            writer = stack.enter_context(parquet.ParquetWriter(folder / f"{name}.parquet", schema, compression="zstd"))
            groups[name] = _Group(pyarrow, writer, schema)
            counts[name] = 0
        for name, row in rows_of(store, texts=texts):
            groups[name].add(row)
            counts[name] += 1
        for group in groups.values():
            group.flush()
    return counts


def _schema(arrow: Any, columns: tuple[Column, ...]) -> Any:
    types = {"int": arrow.int64(), "float": arrow.float64(), "bool": arrow.bool_(), "text": arrow.large_string()}
    return arrow.schema([(column.name, types[column.type]) for column in columns])
