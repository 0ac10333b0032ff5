"""Carry out cells: each in a child process, whose document is kept.

A cell is done when its document is there. Everything else about it may be cut short at any moment, by `kill -9` too, and is
then begun anew. Protocols that share a directory share their equal cells.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from strop.base.errors import StropError
from strop.report.terminal.words import escape
from strop.reproduce.cells.cell import Cell
from strop.reproduce.cells.crew import Child, begin
from strop.reproduce.cells.documents import FOLDER, Document, document_in, kept
from strop.runs.interrupts import stopped_by_signals
from strop.runs.spec import cores

TICK_SECONDS = 0.05


class CellFailed(StropError):
    """A cell ended with an error; the others that were done are kept. Ends with the cell's exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Standing:
    """How far a list of cells is."""

    all: int
    before: int
    """Done in an earlier session."""
    done: int
    """Now, those of earlier sessions among them."""
    running: tuple[str, ...]
    ended: str
    """The cell that has just been done; empty where nothing has changed."""
    elapsed: float
    """Seconds of this session."""
    left: float | None
    """Estimated seconds to the end; None before the first cell of this session is done."""


def carry_out(
    cells: Sequence[Cell],
    directory: Path,
    *,
    at_once: int = 0,
    progress: Callable[[Standing], None] = lambda standing: None,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Document]:
    """Run the cells that have no document yet, at most `at_once` (0: one for each core) at a time; name -> document of all.

    `progress` is called on this thread some 20 times a second.

    Raises:
        CellFailed: a cell failed; no other was begun after that, and those that ran have come to their end.
        Interrupted: Ctrl-C or SIGTERM; the cells that ran are stopped.
    """
    home = directory / FOLDER
    home.mkdir(parents=True, exist_ok=True)
    wanted = {cell.name: cell for cell in cells}
    found = {name: document for name in wanted if (document := kept(home, name)) is not None}
    missing = [cell for name, cell in wanted.items() if name not in found]
    most = at_once or cores()
    if missing:
        jobs = max(1, cores() // min(most, len(missing)))
        work = _Work(home, missing, most, jobs, clock, progress, found)
        with stopped_by_signals(work.stopping.set):
            work.to_the_end()
    else:
        progress(Standing(len(wanted), len(found), len(found), (), "", 0.0, 0.0))
    return {name: found[name] for name in wanted}


@dataclass
class _Work:
    """One session."""

    home: Path
    queue: list[Cell]
    at_once: int
    jobs: int
    clock: Callable[[], float]
    progress: Callable[[Standing], None]
    found: dict[str, Document]
    stopping: threading.Event = field(default_factory=threading.Event)
    running: list[Child] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    failure: CellFailed | None = None

    def __post_init__(self) -> None:
        self.before, self.begun = len(self.found), self.clock()
        self.all = self.before + len(self.queue)

    def to_the_end(self) -> None:
        try:
            while self.running or (self.queue and not self.failure and not self.stopping.is_set()):
                self._begin_some()
                self.progress(self._standing(""))
                time.sleep(TICK_SECONDS)
                if self.stopping.is_set():
                    self._signal(signal.SIGTERM)
                for child in [each for each in self.running if each.process.poll() is not None]:
                    self._end(child)
        except BaseException:
            self._signal(signal.SIGTERM)
            raise
        if self.stopping.is_set():
            raise StropError("stopped")
        if self.failure is not None:
            raise self.failure

    def _begin_some(self) -> None:
        while self.queue and len(self.running) < self.at_once and not self.failure and not self.stopping.is_set():
            cell = self.queue.pop(0)
            self.running.append(begin(cell.name, cell.arguments, self.home, self.jobs, self.clock()))

    def _end(self, child: Child) -> None:
        self.running.remove(child)
        child.close()
        code = child.process.returncode
        document = document_in(child.draft)
        if code == 0 and document is not None:
            child.draft.replace(self.home / f"{child.name}.json")
            self.found[child.name] = document
            self.seconds.append(self.clock() - child.begun)
            self.progress(self._standing(child.name))
        elif self.failure is None:
            self.failure = _failed(child, code)

    def _signal(self, number: signal.Signals) -> None:
        for child in self.running:
            child.tell(number)

    def _standing(self, ended: str) -> Standing:
        now = self.clock()
        left = None
        if self.seconds:
            typical = sum(self.seconds) / len(self.seconds)
            waiting = typical * len(self.queue) + sum(max(typical - now + one.begun, 0) for one in self.running)
            left = waiting / min(self.at_once, max(len(self.queue) + len(self.running), 1))
        names = tuple(child.name for child in self.running)
        return Standing(self.all, self.before, len(self.found), names, ended, now - self.begun, left)


def _failed(child: Child, code: int) -> CellFailed:
    if code < 0:
        reason = f"ended by {signal.Signals(-code).name}"
    else:
        lines = [line for line in child.log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
        reason = lines[-1].removeprefix("strop: ") if lines else f"exit code {code}"
        reason = reason if code else f"it printed no document: {reason}"
    return CellFailed(f"{child.name} failed: {escape(reason, 1000)} (see {child.log})", code if code > 0 else 1)
