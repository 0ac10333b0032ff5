"""Write a run in the format of another program."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.base.pluralize import quantity
from strop.report.export.atomic_write import atomic_write
from strop.report.export.figure_files import write_figures
from strop.report.export.inspect_log import write_log
from strop.report.export.json_lines import write_lines
from strop.report.export.table_files import TABLE_FORMS, write_tables
from strop.store import Store

FORMS: Mapping[str, str] = {
    "jsonl": "events.jsonl",
    "csv": "csv",
    "parquet": "parquet",
    "figures": "figures",
    "inspect": "run.eval",
}
"""Format → its file or folder in the run's directory."""
_STREAM = Path("-")


def export(directory: Path, form: str, path: Path, *, texts: bool, force: bool) -> list[str]:
    """Write the run in `directory`, finished or not, to `path`, whole or not at all; returns lines that say what was written.

    `form` is one of FORMS; `texts`: with programs, prompts and answers; `force`: replace an existing export.

    Raises:
        ConfigurationError: it cannot be written, something exists already, or a library is missing.
        StoreError: the record is damaged.
    """
    if path == _STREAM and form != "jsonl":
        raise ConfigurationError(f"-o - works with --to jsonl only; {form} needs the name of a file or folder")
    if path != _STREAM and str(path).startswith("-"):
        raise ConfigurationError(f"-o needs the name of a file or folder, not the flag {path}")
    if form == "inspect" and path.suffix != ".eval":
        raise ConfigurationError(f"{path}: the name of an inspect-ai log ends in .eval")
    with Store.open(directory) as store:
        contents = _write(store, directory, form, path, texts=texts, force=force)
        return [f"{contents} in {path}", *store.notes]


def _write(store: Store, directory: Path, form: str, path: Path, *, texts: bool, force: bool) -> str:
    if path == _STREAM:
        count = write_lines(store, sys.stdout, texts=texts)
        sys.stdout.flush()
        return quantity(count, "event")
    if form in TABLE_FORMS:
        with atomic_write(path, force=force, endings={f".{form}"}) as draft:
            counts = write_tables(store, draft, form, texts=texts)
        return f"rows: {', '.join(f'{count:,} {name}' for name, count in counts.items())};"
    if form == "figures":
        with atomic_write(path, force=force, endings={".svg", ".png", ".csv"}) as draft:
            return quantity(write_figures(store, directory, draft), "figure")
    if form == "inspect":
        with atomic_write(path, force=force) as draft:
            log = draft.with_suffix(".eval")  # Inspect wants this ending
            try:
                count = write_log(store, directory, log, texts=texts)
                log.replace(draft)
            finally:
                log.unlink(missing_ok=True)
        return quantity(count, "sample")
    with atomic_write(path, force=force) as draft, draft.open("x", encoding="ascii") as file:
        count = write_lines(store, file, texts=texts)
        file.flush()
        os.fsync(file.fileno())
    return quantity(count, "event")
