"""Write a run in the format of another program."""

from __future__ import annotations

import csv
import json
import os
import re
import secrets
import shutil
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from strop.base import private
from strop.base.errors import ConfigurationError
from strop.base.events import Event, RunFinished
from strop.base.pluralize import quantity
from strop.base.solution import digest_of
from strop.report.export.tables import TABLES, Value, rows_of
from strop.report.html.charts import figures_of
from strop.report.html.page import read_page
from strop.runs.reading import reading
from strop.store import Proof, Store, Stored, is_locked

_EMPTY = digest_of("")
"""The digest of an empty text, for which an empty text is written."""


def line_of(stored: Stored[Event], *, quotes: bool) -> str:
    """An event as JSON. Without `quotes`, fields that may quote a text are left out."""
    event = stored.event
    values = {"seq": stored.seq, "at": stored.at, "kind": type(event).__name__, **vars(event)}
    if not quotes:
        values = {name: "" if value == _EMPTY else value for name, value in values.items() if name not in event.QUOTES}
    return json.dumps(values, separators=(",", ":"), allow_nan=False)


def write_lines(store: Store, file: TextIO, *, texts: bool, after: int = 0) -> Iterator[Stored[Event]]:
    """Write every event after number `after`, and yield it. Without `texts` a digest stands for each text, and fields that may
    quote one are left out."""
    for stored in store.events(after=after) if texts else store.outline(after=after):
        file.write(line_of(stored, quotes=texts) + "\n")
        yield stored


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


def _write_events(store: Store, draft: Path, texts: bool) -> str:
    with draft.open("x", encoding="ascii") as file:
        count = sum(1 for _ in write_lines(store, file, texts=texts))
        file.flush()
        os.fsync(file.fileno())
    return quantity(count, "event")


def _write_tables(store: Store, draft: Path, texts: bool) -> str:
    """Every table of the record, that of `texts` only if wanted."""
    with ExitStack() as stack:
        writers = {}
        for name, columns in TABLES.items():
            if texts or name != "texts":
                file = stack.enter_context((draft / f"{name}.csv").open("x", encoding="utf-8", newline=""))
                writers[name] = csv.writer(file)
                writers[name].writerow(columns)
        counts = Counter(dict.fromkeys(writers, 0))
        for name, row in rows_of(store, texts=texts):
            writers[name].writerow(map(csv_cell, row))
            counts[name] += 1
    return f"rows: {', '.join(f'{count:,} {name}' for name, count in counts.items())};"


def _write_figures(store: Store, draft: Path, _texts: bool) -> str:
    """Every figure of the page as SVG, with a notice in it where the model is a stand-in, and its data as CSV."""
    with reading(store.directory):
        page = read_page(store, store.directory)
        figures = figures_of(page)
        for figure in figures:
            (draft / f"{figure.id}.svg").write_text(figure.as_file(page.notice), "utf-8")
            with (draft / f"{figure.id}.csv").open("x", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([csv_cell(cell) for cell in row] for row in (figure.columns, *figure.rows))
    return quantity(len(figures), "figure")


FORMS: Mapping[str, str] = {"jsonl": "events.jsonl", "csv": "csv", "figures": "figures"}
"""Format → its file or folder in the run's directory."""
_WRITERS = {"jsonl": _write_events, "csv": _write_tables, "figures": _write_figures}
"""Format → the function that writes the draft of it, and says what it wrote."""
_ENDINGS = {"csv": {".csv"}, "figures": {".svg", ".csv"}}
"""Of the files of a folder."""
_STREAM = Path("-")
POLL_SECONDS = 0.5
"""Between two readings of a record that is followed."""


def export(directory: Path, form: str, path: Path, *, texts: bool, force: bool) -> list[str]:
    """Write the run in `directory`, finished or not, to `path`, whole or not at all; returns lines that say what was written.

    `form` is one of FORMS; `texts`: with programs, prompts and answers; `force`: replace an existing export.

    Raises:
        ConfigurationError: `path` cannot be written, or exists already and `force` was not given.
        StoreError: the record is damaged.
    """
    if path == _STREAM and form != "jsonl":
        raise ConfigurationError(f"-o - works with --to jsonl only; {form} needs the name of a file or folder")
    if path != _STREAM and str(path).startswith("-"):
        raise ConfigurationError(f"-o needs the name of a file or folder, not the flag {path}")
    with Store.open(directory) as store:
        if path == _STREAM:
            contents = quantity(sum(1 for _ in write_lines(store, sys.stdout, texts=texts)), "event")
            sys.stdout.flush()
        else:
            with atomic_write(path, force=force, endings=_ENDINGS.get(form)) as draft:
                contents = _WRITERS[form](store, draft, texts)
        return [*filter(None, [store.unverified]), f"{contents} in {path}", *store.notes]


def follow(directory: Path, path: Path | None, *, texts: bool) -> list[str]:
    """Write every event of the run in `directory`, a line each, to a new file or to standard output, until the run ends or is
    no longer written. Returns lines that say what was written.

    Raises:
        ConfigurationError: the file exists already, or cannot be written.
        StoreError: the record is damaged.
    """
    with ExitStack() as stack:
        file: TextIO = sys.stdout
        if path not in (None, _STREAM):
            try:
                path.touch(private.FILE, exist_ok=False)
                file = stack.enter_context(path.open("a", encoding="ascii"))
            except OSError as error:
                raise ConfigurationError(f"cannot write {path}: {error.strerror or error}") from None
        last: Stored[Event] | None = None
        proof: Proof | None = None
        while True:
            is_written = is_locked(directory)  # before all is read that the writer wrote
            # Not kept open: a writer folds its log only if nobody reads.
            with Store.open(directory, proof=proof) as store:
                proof, unverified = store.proof, store.unverified
                for stored in write_lines(store, file, texts=texts, after=0 if last is None else last.seq):
                    last = stored
            file.flush()
            if not is_written or (last is not None and isinstance(last.event, RunFinished)):
                return [*filter(None, [unverified]), quantity(0 if last is None else last.seq, "event")]
            time.sleep(POLL_SECONDS)


@contextmanager
def atomic_write(path: Path, *, force: bool, endings: Collection[str] | None = None) -> Iterator[Path]:
    """Yield a draft to write; it replaces `path` at the end, or disappears when anything is raised.

    The draft is a new folder when `endings` are given, else the name of a file. A folder with a file of any other ending is never
    replaced.

    Raises:
        ConfigurationError: `path` exists and `force` was not given, it is not an export, or it cannot be written.
    """
    is_folder = endings is not None
    if path.exists() and path.is_dir() != is_folder:
        raise ConfigurationError(
            f"{path} is a file; name a folder" if is_folder else f"{path} is a folder; name a file"
        )
    if (path.exists() or path.is_symlink()) and not force:
        raise ConfigurationError(f"{path} exists already; choose another with -o, or add --force")
    draft, old = _hidden_name(path), _hidden_name(path)
    try:
        if endings is not None:
            others = sorted(file.name for file in path.iterdir() if file.suffix not in endings) if path.exists() else []
            if others:
                raise ConfigurationError(f"{path} is not an export: it holds {others[0]!r}; name another folder")
            draft.mkdir(private.FOLDER)
        yield draft
        private.close_to_others(draft)
        if is_folder and path.exists():
            path.rename(old)
            draft.rename(path)
            shutil.rmtree(old, ignore_errors=True)
        else:
            draft.replace(path)
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        if is_folder:
            shutil.rmtree(draft, ignore_errors=True)
        else:
            draft.unlink(missing_ok=True)


def _hidden_name(path: Path) -> Path:
    """A name in the same folder that nobody can guess; renaming to it is one step."""
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
