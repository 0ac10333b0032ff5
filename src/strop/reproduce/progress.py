"""Progress of a protocol on standard error: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.text import Text

from strop.report.terminal.words import duration, escape, quantity

EVERY_SECONDS = 10.0
"""Between two lines about many small steps, where there is no terminal."""


class Progress:
    """A context manager; safe to use from many threads."""

    def __init__(self, notice: str = "", *, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._clock, self._lock = clock, threading.Lock()
        self._total = self._done = self._before = 0
        self._label, self._began, self._last_line = "", clock(), clock()
        self._running: list[str] = []
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
        self._bar = Bar(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=self._console)
        self._live = self._console.is_terminal and not self._console.is_dumb_terminal
        self._task = self._bar.add_task("", total=None)
        if notice:
            self._print(notice)

    def __enter__(self) -> Progress:
        if self._live:
            self._bar.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._live:
            self._bar.stop()

    def begin(self, thing: str, total: int, before: int, label: str = "") -> None:
        """Begin a part of `total` things (a singular noun), `before` of which an earlier session did."""
        with self._lock:
            self._label, self._total, self._done, self._before = label, total, before, before
            resumed = f", {before} of them done before" if before else ""
            self._print(f"{label + ': ' if label else ''}{quantity(total, thing, ',')}{resumed}")
            self._draw()

    def started(self, name: str) -> None:
        """A cell begins."""
        with self._lock:
            self._running.append(name)
            if not self._live:
                self._print(f"{self._elapsed()} begins: {name}")
            self._draw()

    def ended(self, name: str) -> None:
        """A cell is done."""
        with self._lock:
            self._running.remove(name)
            self._done += 1
            seconds = (self._clock() - self._began) / (self._done - self._before) * (self._total - self._done)
            left = f", about {duration(seconds)} left" if self._done < self._total else ""
            self._print(f"{self._elapsed()} {name}: done; {self._done} of {self._total}{left}")
            self._draw()

    def advance(self, steps: int = 1) -> None:
        """Small steps are done."""
        with self._lock:
            self._done += steps
            if not self._live and self._clock() - self._last_line >= EVERY_SECONDS:
                self._last_line = self._clock()
                self._print(f"{self._elapsed()} {self._label}: {self._done} of {self._total}")
            self._draw()

    def _elapsed(self) -> str:
        return f"[{duration(self._clock() - self._began):>8}]"

    def _print(self, line: str) -> None:
        self._console.print(Text(escape(line)), soft_wrap=True)

    def _draw(self) -> None:
        more = f" and {len(self._running) - 1} more" if self._running[1:] else ""
        label = escape(self._running[0], 40) + more if self._running else self._label
        self._bar.update(self._task, completed=self._done, total=self._total, description=label)
