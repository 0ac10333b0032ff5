"""Cells: the runs and evaluations that a protocol consists of, each carried out once in a directory.

A cell is a command of strop. It is done when its document `cells/NAME.json` exists, which is written whole or not at all. An
unfinished cell, even after `kill -9`, continues from its record. Protocols that share a directory share equal cells. Each cell
is a process of its own, so that several use several cores.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from strop.base import interpreter, private
from strop.base.as_document import SCHEMA_VERSION
from strop.base.budget import COST, Budget
from strop.base.errors import ConfigurationError, RunBudgetSpent, StoreError, StropError, dollars
from strop.base.events import BudgetMoved
from strop.base.terminal_text import escape
from strop.evaluation.start import cores
from strop.reproduce.progress import Progress
from strop.runs.interrupts import stopped_by_signals
from strop.runs.run_directory import RESUMABLE, check_in_place, load_run
from strop.store import FILE_NAME, Store, is_sealed_document, sealed_document
from strop.store.files import lock_directory

Document = dict[str, Any]
"""What a command printed with --json."""
Documents = Mapping[str, Document]
"""Name of a cell → its document."""
FOLDER = "cells"
SET_BY_CARRY_OUT = ("--out", "--json", "--workers", "--max-cost")
"""Flags that `carry_out` adds: they decide where results go and how fast, not what they are."""
ADDRESS = "--base-url"
"""This flag does not make a cell another one: it is the same model at another address."""


@dataclass(frozen=True)
class Cell:
    """One command line of strop, without --out, --json and --workers."""

    name: str
    """Names its files; differs for every other content (see `cell_of`)."""
    arguments: tuple[str, ...]


def cell_of(*arguments: str) -> Cell:
    """The cell of a command line, e.g. `cell_of("run", "lpn", "--seed", "3")`; its name ends with a digest.

    An argument that names a file counts by the file's content: the name stays when the directory moves, and changes with the
    program. Raises ValueError for the flags in `SET_BY_CARRY_OUT`.
    """
    if reserved := [argument for argument in arguments if argument in SET_BY_CARRY_OUT]:
        raise ValueError(f"a cell has no {reserved[0]}: it is set when the cell is carried out")
    content, values = [], {}
    for before, argument in pairwise(("", *arguments)):
        values[before] = argument
        if ADDRESS not in (argument, before):
            path = Path(argument)
            content.append(f"file {hashlib.sha256(path.read_bytes()).hexdigest()}" if path.is_file() else argument)
    digest = hashlib.sha256("\0".join(content).encode()).hexdigest()[:10]
    words = [argument for argument in arguments[:2] if not argument.startswith("-")]
    words += [values["--selection"]] if "--selection" in values else []
    words += [f"s{values['--seed']}"] if "--seed" in values else []
    return Cell("-".join([*(_plain(Path(word).stem) for word in words), digest]), arguments)


def _plain(word: str) -> str:
    return "".join(character if character.isalnum() or character in ".=_" else "-" for character in word)[:24]


class _Part(Document):
    """A part of a document that remembers its file."""

    def __init__(self, file: Path, part: Document) -> None:
        super().__init__(part)
        self.file = file

    def __missing__(self, field: str) -> Any:
        raise lacking(self, repr(field))


def lacking(document: Document, what: str) -> StoreError:
    """The error to raise for a document that lacks what a protocol needs. It says which file to remove."""
    file = document.file if isinstance(document, _Part) else "a document"
    return StoreError(f"{file} lacks {what}; remove the file and run the command again")


def read_document(home: Path, name: str) -> Document | None:
    """The document of a finished cell; None if there is none, or if the file is not whole or was changed: then the cell's record,
    which is proven, gives it again."""
    document = _document_in(home / f"{name}.json")
    if document is None or not is_sealed_document(document):
        return None
    del document["seal"]
    return document


def _document_in(path: Path) -> Document | None:
    """The document of a file; None if it is not whole, or of a command that did not finish."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"), object_hook=lambda part: _Part(path, part))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or document.get("schema_version") != SCHEMA_VERSION:
        return None
    return document if document.get("status", "finished") == "finished" else None


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """A context manager that creates the directory and keeps every other `strop reproduce` out of it.

    Raises:
        ConfigurationError: another `strop reproduce` is working there, the directory holds a single run, or it cannot be created.
    """
    check_in_place(directory)
    try:
        private.make_folder(directory)
        if (directory / FILE_NAME).exists():
            raise ConfigurationError(f"--out {directory} is the folder of a run; name a new one")
        private.make_folder(directory / FOLDER)
    except OSError as error:
        reason = error.strerror or error
        raise ConfigurationError(f"cannot write results in {directory}: {reason}; name another --out") from error
    try:
        descriptor = lock_directory(directory)
    except StoreError:
        raise ConfigurationError(
            f"another strop reproduce is working in {directory}; wait until it ends, or name another --out"
        ) from None
    try:
        yield
    finally:
        os.close(descriptor)


class CellFailed(StropError):
    """A cell ended with an error; finished cells are kept. Has the cell's exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Money:
    """What the cells of a directory may spend together. A cell may spend what is left, shared with those that run beside it."""

    def __init__(self, directory: Path, dollars: float | None) -> None:
        """`dollars`: the limit; None: there is none. What the records in the directory spent counts."""
        self._home, self.limit = directory / FOLDER, dollars
        self._budget = Budget({} if dollars is None else {COST: round(dollars * 1e9)})
        if dollars is not None:
            self._budget.restore(COST, sum(spent_in(path.parent) for path in self._home.glob(f"*/{FILE_NAME}")))

    @contextmanager
    def share(self, name: str, among: int) -> Iterator[list[str]]:
        """The flags that limit a cell, one of `among` that may start now; what it did not spend is given back at its end."""
        if (left := self._budget.remaining(COST)) is None:
            yield []
            return
        held, before = left // among, spent_in(self._home / name)
        self._budget.hold({COST: held})
        try:
            yield ["--max-cost", f"{(before + held) / 1e9:.9f}"]
        finally:
            self._budget.settle(COST, held, max(spent_in(self._home / name) - before, 0))


def spent_in(folder: Path) -> int:
    """What the record in a folder says was spent, in billionths of a dollar; 0 if there is none."""
    try:
        with Store.open(folder) as store:
            return sum(
                one.event.amount for one in store.events(BudgetMoved) if one.event.counter == COST and one.event.granted
            )
    except StoreError:
        return 0


def carry_out(
    cells: Sequence[Cell], directory: Path, *, at_once: int = 0, progress: Progress, money: Money | None = None
) -> dict[str, Document]:
    """Run the cells that have no document yet, at most `at_once` (0: one for each core) at a time; name → document of all.

    Raises:
        CellFailed: a cell failed; no other was started after that, and those that ran have ended.
        Interrupted: Ctrl-C or SIGTERM; the cells that ran are stopped.
    """
    home = directory / FOLDER
    private.make_folder(home)
    wanted = {cell.name: cell for cell in cells}
    documents = {name: document for name in wanted if (document := read_document(home, name)) is not None}
    missing = [cell for name, cell in wanted.items() if name not in documents]
    progress.begin("cell", len(wanted), len(documents))
    if missing:
        at_once = min(at_once or cores(), len(missing))
        money = money or Money(directory, None)
        session = _Session(home, max(1, cores() // at_once), progress, money, at_once, len(missing))
        with stopped_by_signals(session.stop), ThreadPoolExecutor(at_once, "strop-cell") as pool:
            try:
                documents |= dict(zip((cell.name for cell in missing), pool.map(session.run, missing), strict=True))
            except BaseException:
                session.stopping.set()
                raise
    return {name: documents[name] for name in wanted}


@dataclass
class _Session:
    """The processes of one session."""

    home: Path
    workers: int
    progress: Progress
    money: Money
    at_once: int
    waiting: int
    """Cells that have not started."""
    active: int = 0
    """Cells that have started and not ended."""
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set when no further cell may start."""
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def stop(self) -> None:
        """Start no further cell and stop the running ones; each keeps what it has."""
        with self.lock:
            self.stopping.set()
            for process in self.running:
                process.send_signal(signal.SIGTERM)

    def run(self, cell: Cell) -> Document:
        """Carry out a cell with its share of the money."""
        with ExitStack() as stack:
            with self.lock:
                if self.stopping.is_set():
                    raise StropError("stopped")
                among = min(self.at_once - self.active, self.waiting)
                self.active, self.waiting = self.active + 1, self.waiting - 1
                stack.callback(self._ended)
                limit = stack.enter_context(self.money.share(cell.name, among))
            return self._run(cell, limit)

    def _ended(self) -> None:
        with self.lock:
            self.active -= 1

    def _run(self, cell: Cell, limit: Sequence[str]) -> Document:
        """Start a cell, or continue what an earlier session left of it, and wait for its end; its document.

        The child is in a process group of its own: Ctrl-C at the terminal reaches this process alone, which passes it on.
        """
        draft, log = self.home / f"{cell.name}.json.part", self.home / f"{cell.name}.log"
        with self.lock:
            if self.stopping.is_set():
                raise StropError("stopped")
            line = [*command_line(self.home / cell.name, cell.arguments, self.workers), *limit]
            for path in (draft, log):
                path.unlink(missing_ok=True)  # a new file: an earlier child may still hold the old one
            command = interpreter.python("-m", "strop.reproduce.child", *line, "--json")
            for path in (draft, log):
                path.touch(private.FILE, exist_ok=False)
            with draft.open("wb") as output, log.open("wb") as errors:
                process = subprocess.Popen(
                    command,
                    env=interpreter.environment(),
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=errors,
                    process_group=0,
                )
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
            if limit and code == RunBudgetSpent.exit_code:
                raise CellFailed(
                    f"--max-cost {dollars(round((self.money.limit or 0) * 1e9))} is spent; everything so far is kept, "
                    "and the same command with a larger one continues",
                    code,
                )
            raise _failure(cell.name, log, code)
        draft.write_text(json.dumps(sealed_document(document), indent=2) + "\n", encoding="utf-8")
        draft.replace(self.home / f"{cell.name}.json")
        self.progress.ended(cell.name)
        return document


def command_line(folder: Path, arguments: Sequence[str], workers: int) -> list[str]:
    """The command line that fills `folder`, or that continues its record: the answers in it may have cost money.

    A folder that cannot be continued is renamed to `NAME.cut-1`, `NAME.cut-2`, ….
    """
    try:
        with Store.open(folder) as store:
            kind = store.meta.get("kind", "")
        if kind in RESUMABLE and (unverified := load_run(folder).unverified):
            raise ConfigurationError(unverified)
    except StoreError:  # there is no record, or it is incomplete
        kind = ""
    if kind != arguments[0]:
        set_aside(folder)
    elif kind in RESUMABLE:
        address = next((list(pair) for pair in pairwise(arguments) if pair[0] == ADDRESS), [])
        return ["resume", str(folder), *address]
    return [
        *arguments,
        "--workers",
        str(workers),
        "--out",
        str(folder),
    ]  # the other commands continue their own records


def set_aside(folder: Path) -> None:
    """Rename the folder of an unfinished attempt."""
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
