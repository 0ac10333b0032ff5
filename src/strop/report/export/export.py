"""Write a run in the form of another program."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.base.pluralize import quantity
from strop.report.export.csv_files import write_csv
from strop.report.export.inspect_log import write_log
from strop.report.export.lines import write_lines
from strop.report.export.parquet import write_parquet
from strop.report.export.pictures import write_pictures
from strop.report.export.whole import whole_file, whole_folder
from strop.store import Store

FORMS: Mapping[str, str] = {
    "jsonl": "events.jsonl",
    "csv": "csv",
    "parquet": "parquet",
    "figures": "figures",
    "inspect": "run.eval",
}
"""Form → where it lies in the run's directory when nothing else is named."""
_STREAM = Path("-")
_TABLES: Mapping[str, tuple[Callable[..., Counter[str]], str]] = {
    "csv": (write_csv, ".csv"),
    "parquet": (write_parquet, ".parquet"),
}


def export(directory: Path, form: str, path: Path, *, texts: bool, force: bool) -> list[str]:
    """Write the run in `directory`, finished or not, to `path`: whole, or nothing is there; lines that say what was written.

    `form` is one of FORMS; `texts`: with programs, prompts and answers; `force`: over an export that is there already.

    Raises:
        ConfigurationError: it cannot be written, there is something already, or a library is missing.
        StoreError: the record is damaged.
    """
    if path == _STREAM and form != "jsonl":
        raise ConfigurationError(f"-o - is for --to jsonl alone; {form} needs the name of a file or folder")
    if path != _STREAM and str(path).startswith("-"):
        raise ConfigurationError(f"-o needs the name of a file or folder, not the flag {path}")
    if form == "inspect" and path.suffix != ".eval":
        raise ConfigurationError(f"{path}: the name of a log of Inspect ends in .eval")
    with Store.open(directory) as store:
        said = _write(store, directory, form, path, texts=texts, force=force)
        return [f"{said} in {path}", *store.notes]


def _write(store: Store, directory: Path, form: str, path: Path, *, texts: bool, force: bool) -> str:
    if path == _STREAM:
        count = write_lines(store, sys.stdout, texts=texts)
        sys.stdout.flush()
        return quantity(count, "event")
    if form in _TABLES:
        write, ending = _TABLES[form]
        with whole_folder(path, force=force, ours={ending}) as draft:
            counts = write(store, draft, texts=texts)
        return f"rows: {', '.join(f'{count:,} {name}' for name, count in counts.items())};"
    if form == "figures":
        with whole_folder(path, force=force, ours={".svg", ".png", ".csv"}) as draft:
            return quantity(write_pictures(store, directory, draft), "figure")
    if form == "inspect":
        with whole_file(path, force=force) as draft:
            log = draft.with_suffix(".eval")  # Inspect wants the ending
            try:
                count = write_log(store, directory, log, texts=texts)
                log.replace(draft)
            finally:
                log.unlink(missing_ok=True)
        return quantity(count, "sample")
    with whole_file(path, force=force) as draft, draft.open("x", encoding="ascii") as file:
        count = write_lines(store, file, texts=texts)
        file.flush()
        os.fsync(file.fileno())
    return quantity(count, "event")
