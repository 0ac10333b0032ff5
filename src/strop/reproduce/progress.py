"""Progress of a protocol on standard error: one live line on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable

from rich.text import Text

from strop.base.pluralize import quantity
from strop.base.terminal_text import escape
from strop.report.terminal.display import Display
from strop.report.terminal.words import duration

EVERY_SECONDS = 10.0
"""Between two lines about many small steps, where there is no terminal."""


class Progress:
    """A context manager; safe to use from many threads."""

    def __init__(self, notice: str = "", *, clock: Callable[[], float] = time.monotonic) -> None:
        self._display = Display(sys.stderr, self._render)
        self._clock, self._lock = clock, threading.Lock()
        self._total = self._done = 0
        self._label, self._began, self._last_line = "", clock(), clock()
        self._running: list[str] = []
        if notice:
            self._display.say(escape(notice))

    def __enter__(self) -> Progress:
        self._display.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._display.__exit__()

    def begin(self, thing: str, total: int, before: int, label: str = "") -> None:
        """Begin a part of `total` things (a singular noun), `before` of which an earlier session did."""
        with self._lock:
            self._label, self._total, self._done = label, total, before
            resumed = f", {before} of them done before" if before else ""
            self._display.say(escape(f"{label + ': ' if label else ''}{quantity(total, thing, ',')}{resumed}"))

    def started(self, name: str) -> None:
        """A cell begins."""
        with self._lock:
            self._running.append(name)
            if not self._display.draws:
                self._say(f"begins: {name}")

    def ended(self, name: str) -> None:
        """A cell is done."""
        with self._lock:
            self._running.remove(name)
            self._done += 1
            self._say(f"{name}: done; {self._done} of {self._total}")

    def advance(self, steps: int = 1) -> None:
        """Small steps are done."""
        with self._lock:
            self._done += steps
            if not self._display.draws and self._clock() - self._last_line >= EVERY_SECONDS:
                self._last_line = self._clock()
                self._say(f"{self._label}: {self._done} of {self._total}")

    def _say(self, line: str) -> None:
        self._display.say(escape(f"[{duration(self._clock() - self._began):>8}] {line}"))

    def _render(self) -> Text:
        with self._lock:
            more = f" and {len(self._running) - 1} more" if self._running[1:] else ""
            label = f"{self._running[0][:40]}{more}" if self._running else self._label
            parts = [label, f"{self._done} of {self._total}", duration(self._clock() - self._began), "Ctrl-C stops"]
            return Text(
                self._display.fit(escape(" · ".join(filter(None, parts)))),
                style="bold",
                no_wrap=True,
                overflow="ellipsis",
            )
