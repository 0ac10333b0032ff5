"""Write a run as JSON lines: an event a line (docs/how-to/records.md)."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from strop.base import private
from strop.base.console import results_stream
from strop.base.errors import ConfigurationError
from strop.base.events import Event
from strop.base.pluralize import quantity
from strop.base.solution import digest_of
from strop.store import Store, Stored

FILE_NAME = "events.jsonl"
"""The export in the run's directory."""
_EMPTY = digest_of("")
"""The digest of an empty text, for which an empty text is written."""
_STREAM = Path("-")


def write_whole(path: Path, text: str, *, force: bool) -> None:
    """Write a text to `path`, whole or not at all; `-` is standard output. `force`: replace an existing file.

    Raises:
        ConfigurationError: `path` cannot be written, or exists already and `force` was not given.
    """
    if path == _STREAM:
        results_stream().write(text)
        results_stream().flush()
        return
    with _atomic_file(path, force=force) as file:
        file.write(text)


def export(directory: Path, path: Path, *, texts: bool, force: bool) -> list[str]:
    """Write the run in `directory`, finished or not, to `path`, whole or not at all; `-` is standard output. Returns lines that
    say what was written.

    `texts`: with programs, prompts and answers; `force`: replace an existing file.

    Raises:
        ConfigurationError: `path` cannot be written, or exists already and `force` was not given.
        StoreError: the record is damaged.
    """
    with Store.open(directory) as store:
        if path == _STREAM:
            count = _write_lines(store, results_stream(), texts=texts)
            results_stream().flush()
        else:
            with _atomic_file(path, force=force) as file:
                count = _write_lines(store, file, texts=texts)
        return [*filter(None, [store.unverified]), f"{quantity(count, 'event')} in {path}", *store.notes]


def _write_lines(store: Store, file: TextIO, *, texts: bool) -> int:
    """Write every event and count them. Without `texts` a digest stands for each text, and fields that may quote one are left
    out."""
    count = 0
    for count, stored in enumerate(store.events() if texts else store.outline(), 1):  # noqa: B007 - the last one is returned
        file.write(_line_of(stored, quotes=texts) + "\n")
    return count


def _line_of(stored: Stored[Event], *, quotes: bool) -> str:
    event = stored.event
    values = {"seq": stored.seq, "time": stored.time, "kind": type(event).__name__, **vars(event)}
    if not quotes:
        values = {name: "" if value == _EMPTY else value for name, value in values.items() if name not in event.QUOTES}
    return json.dumps(values, separators=(",", ":"), allow_nan=False)


@contextmanager
def _atomic_file(path: Path, *, force: bool) -> Iterator[TextIO]:
    """A file to write; it replaces `path` at the end, or disappears when anything is raised."""
    if str(path).startswith("-"):
        raise ConfigurationError(f"-o needs the name of a file, not the flag {path}")
    if path.is_dir():
        raise ConfigurationError(f"{path} is a folder; name a file")
    if (path.exists() or path.is_symlink()) and not force:
        raise ConfigurationError(f"{path} exists already; choose another with -o, or add --force")
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with draft.open("x", encoding="utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        private.close_to_others(draft)
        draft.replace(path)
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        draft.unlink(missing_ok=True)
