"""Cells: the runs and evaluations that a protocol consists of, each done once in a directory.

A cell is a command of strop. It is done when its document is there, `cells/NAME.json`, written whole or not at all. Everything
else about it may be cut short at any moment, even by `kill -9`, and is then resumed from its record. Protocols that share a
directory share their equal cells. Each cell is a process of its own, so that runs at once use more than one core.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

from strop.base.errors import ConfigurationError, StoreError, StropError
from strop.report.terminal.documents import SCHEMA_VERSION
from strop.report.terminal.words import escape
from strop.runs.interrupts import stopped_by_signals
from strop.runs.run_directory import RESUMABLE, load_run
from strop.runs.spec import cores
from strop.store import FILE_NAME, Store
from strop.store.files import lock_directory

Document = dict[str, Any]
"""What a command printed with --json."""
FOLDER = "cells"
OURS = ("--out", "--json", "--jobs")
"""Flags that `carry_out` sets: they decide where results go and how fast, never what they are."""
NO_RESULT = ("--base-url",)
"""Flags that do not make a cell another one: the same model at another address."""


@dataclass(frozen=True)
class Cell:
    """One command line of strop, without --out, --json and --jobs."""

    name: str
    """Names its files; another for every other content (see `cell_of`)."""
    arguments: tuple[str, ...]


def cell_of(*arguments: str) -> Cell:
    """The cell of a command line, e.g. `cell_of("run", "lpn", "--seed", "3")`; its name says a little and a digest the rest.

    An argument that names a file counts by what the file holds: the name stays when the directory moves, and changes with the
    program. Raises ValueError for the flags in `OURS`.
    """
    if ours := [each for each in arguments if each in OURS]:
        raise ValueError(f"a cell has no {ours[0]}: it is set when the cell is carried out")
    content, values = [], {}
    for before, argument in pairwise(("", *arguments)):
        values[before] = argument
        if argument not in NO_RESULT and before not in NO_RESULT:
            content.append(_digest(Path(argument)) if Path(argument).is_file() else argument)
    digest = hashlib.sha256("\0".join(content).encode()).hexdigest()[:10]
    words = [each for each in arguments[:2] if not each.startswith("-")]
    words += [values["--selection"]] if "--selection" in values else []
    words += [f"s{values['--seed']}"] if "--seed" in values else []
    return Cell("-".join([*(_plain(Path(word).stem) for word in words), digest]), arguments)


def _digest(path: Path) -> str:
    return "file " + hashlib.sha256(path.read_bytes()).hexdigest()


def _plain(word: str) -> str:
    return "".join(character if character.isalnum() or character in ".=_" else "-" for character in word)[:24]


class _Part(Document):
    """A part of a document that remembers its file."""

    def __init__(self, file: Path, part: Document) -> None:
        super().__init__(part)
        self.file = file

    def __missing__(self, field: str) -> Any:
        raise StoreError(f"{self.file} lacks {field!r}; remove it, and it is made anew")


def file_of(document: Document) -> str:
    """Where a document is kept, in words."""
    return str(document.file) if isinstance(document, _Part) else "a document"


def read_document(home: Path, name: str) -> Document | None:
    """The document of a cell that is done; None where there is none, or what there is cannot be one.

    A document that was whole when its parent was killed is taken over.
    """
    final, draft = home / f"{name}.json", home / f"{name}.json.part"
    document = _document_in(final)
    if document is None and (document := _document_in(draft)) is not None:
        draft.replace(final)
    return document


def _document_in(path: Path) -> Document | None:
    """The document of a file; None where it is not whole, or of a command that did not come to its end."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"), object_hook=lambda part: _Part(path, part))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or document.get("schema_version") != SCHEMA_VERSION:
        return None
    return document if document.get("status", "finished") == "finished" else None


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Within, no other `strop reproduce` works in this directory, which is made.

    Raises:
        ConfigurationError: one does, the directory is that of a single run, or it cannot be made.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if (directory / FILE_NAME).exists():
            raise ConfigurationError(f"--out {directory} is the folder of a run; name a new one")
        (directory / FOLDER).mkdir(exist_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise ConfigurationError(f"cannot write results in {directory}: {reason}; name another --out") from error
    try:
        descriptor = lock_directory(directory)
    except StoreError:
        raise ConfigurationError(
            f"another strop reproduce is at work in {directory}; wait for its end, or name another --out"
        ) from None
    try:
        yield
    finally:
        os.close(descriptor)


class CellFailed(StropError):
    """A cell ended with an error; the others that were done are kept. Ends with the cell's exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class CellProgress(Protocol):
    """Notified of how far the cells are, from any thread."""

    def begin(self, total: int, before: int) -> None:
        """There are `total` cells, of which `before` were done in an earlier session."""
        ...

    def started(self, name: str) -> None: ...

    def ended(self, name: str) -> None: ...


def carry_out(
    cells: Sequence[Cell], directory: Path, *, at_once: int = 0, progress: CellProgress
) -> dict[str, Document]:
    """Run the cells that have no document yet, at most `at_once` (0: one for each core) at a time; name → document of all.

    Raises:
        CellFailed: a cell failed; no other was begun after that, and those that ran have come to their end.
        Interrupted: Ctrl-C or SIGTERM; the cells that ran are stopped.
    """
    home = directory / FOLDER
    home.mkdir(parents=True, exist_ok=True)
    wanted = {cell.name: cell for cell in cells}
    documents = {name: document for name in wanted if (document := read_document(home, name)) is not None}
    missing = [cell for name, cell in wanted.items() if name not in documents]
    progress.begin(len(wanted), len(documents))
    if missing:
        at_once = min(at_once or cores(), len(missing))
        session = _Session(home, max(1, cores() // at_once), progress)
        with stopped_by_signals(session.stop), ThreadPoolExecutor(at_once, "strop-cell") as pool:
            try:
                documents |= {
                    cell.name: each for cell, each in zip(missing, pool.map(session.run, missing), strict=True)
                }
            except BaseException:
                session.stopping.set()
                raise
    return {name: documents[name] for name in wanted}


@dataclass
class _Session:
    """The processes of one session."""

    home: Path
    jobs: int
    progress: CellProgress
    stopping: threading.Event = field(default_factory=threading.Event)
    """Whether no cell begins any more."""
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def stop(self) -> None:
        """Begin no cell any more, and stop those that run; each keeps what it has."""
        with self.lock:
            self.stopping.set()
            for process in self.running:
                process.send_signal(signal.SIGTERM)

    def run(self, cell: Cell) -> Document:
        """Run a cell to its end; its document."""
        draft, log = self.home / f"{cell.name}.json.part", self.home / f"{cell.name}.log"
        with self.lock:
            if self.stopping.is_set():
                raise StropError("stopped")
            process = self._start(cell, draft, log)
            self.running.append(process)
        self.progress.started(cell.name)
        code = process.wait()
        with self.lock:
            self.running.remove(process)
        assert process.stdin is not None
        process.stdin.close()
        document = _document_in(draft) if code == 0 else None
        if document is None:
            self.stopping.set()
            raise _failure(cell.name, log, code)
        draft.replace(self.home / f"{cell.name}.json")
        self.progress.ended(cell.name)
        return document

    def _start(self, cell: Cell, draft: Path, log: Path) -> subprocess.Popen[bytes]:
        """Start a cell, or continue what an earlier session left of it.

        The child is in a process group of its own: a Ctrl-C at the terminal comes to this process alone, which passes it on.
        """
        line = command_line(self.home / cell.name, cell.arguments, self.jobs)
        for path in (draft, log):
            path.unlink(missing_ok=True)  # a new file: an earlier child may still hold the old one
        with draft.open("wb") as output, log.open("wb") as errors:
            return subprocess.Popen(
                [sys.executable, "-m", "strop.reproduce.child", *line, "--json"],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=errors,
                process_group=0,
            )


def command_line(folder: Path, arguments: Sequence[str], jobs: int) -> list[str]:
    """The command line that fills `folder`, or that continues what is there: its answers may have cost money.

    What cannot be continued is set aside as `NAME.cut-1`, `NAME.cut-2`, ….
    """
    try:
        with Store.open(folder) as store:
            kind = store.meta.get("kind", "")
        if kind in RESUMABLE:
            kind = load_run(folder).kind
    except StoreError:  # there is none, or it says too little
        kind = ""
    if kind != arguments[0]:
        set_aside(folder)
    elif kind in RESUMABLE:
        address = next((list(pair) for pair in pairwise(arguments) if pair[0] == "--base-url"), [])
        return ["resume", str(folder), *address]
    return [*arguments, "--jobs", str(jobs), "--out", str(folder)]  # the other commands continue their own records


def set_aside(folder: Path) -> None:
    """Rename a folder that a cut-short attempt left."""
    if not folder.exists():
        return
    number = 1
    while (aside := folder.with_name(f"{folder.name}.cut-{number}")).exists():
        number += 1
    folder.rename(aside)


def _failure(name: str, log: Path, code: int) -> CellFailed:
    if code < 0:
        reason = f"ended by {signal.Signals(-code).name}"
    else:
        lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
        reason = lines[-1].removeprefix("strop: ") if lines else f"exit code {code}"
        reason = reason if code else f"it printed no document: {reason}"
    return CellFailed(f"{name} failed: {escape(reason, 1000)} (see {log})", code if code > 0 else 1)
