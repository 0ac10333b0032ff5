"""How far a long protocol is: a bar on a terminal, a line now and then elsewhere; always on standard error."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from strop.report.terminal.words import duration

EVERY_SECONDS = 10.0
"""Between two lines where there is no terminal."""


class Progress:
    """A context manager; safe to use from many threads."""

    def __init__(self, total: int, notice: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._total, self._clock, self._lock = total, clock, threading.Lock()
        self._done, self._arm, self._begun, self._said = 0, "", clock(), clock()
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        self._bar = Bar(*columns, console=self._console) if self._console.is_terminal else None
        self._task = self._bar.add_task("", total=total) if self._bar is not None else None
        if notice:
            self._console.print(notice, markup=False, soft_wrap=True)

    def __enter__(self) -> Progress:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def begin(self, arm: str, already: int) -> None:
        """An arm begins, of which this many improvements were judged before."""
        with self._lock:
            self._done, self._arm = self._done + already, arm
        self._show(f"{arm}: {already} done before" if already else f"{arm}: begins")

    def advance(self, *_: object) -> None:
        """One more improvement is judged."""
        with self._lock:
            self._done += 1
            due = self._clock() - self._said >= EVERY_SECONDS
            self._said = self._clock() if due else self._said
        if due or self._bar is not None:
            self._show(f"{self._arm}: {self._done} of {self._total}, {duration(self._clock() - self._begun)}")

    def _show(self, line: str) -> None:
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self._done, description=self._arm)
        else:
            self._console.print(line, markup=False, soft_wrap=True)
