"""A run told in plain lines, and the view that shows nothing.

While nothing happens, a line says what has been under evaluation, and for how long.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

from strop.base.events import Event
from strop.report.terminal.narration import Narrator
from strop.report.terminal.progress import Progress
from strop.report.terminal.under_way import STALLED, UnderWay
from strop.report.terminal.words import duration, escape

_LOOK_SECONDS = 5.0


class Silence:
    """Shows nothing."""

    def __call__(self, event: Event) -> None:
        """Nothing."""

    def __enter__(self) -> Silence:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing."""


class Lines:
    """One line a step, after the time since the start: for logs, pipes and dumb terminals."""

    def __init__(
        self, stream: TextIO, notice: str, clock: Callable[[], float], narrator: Narrator | None = None
    ) -> None:
        self._stream: TextIO | None = stream
        self._notice = notice
        self._clock = clock
        self._start = clock()
        self._lock = threading.Lock()
        self._narrator = narrator or Narrator(Progress())
        self._progress = self._narrator.progress
        self._under_way = UnderWay()
        self._told_at = 0.0
        """How long the evaluation that was told of last had taken then."""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="strop-lines", daemon=True)

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._progress.add(event)
            self._under_way.add(event, self._clock())
            line = self._narrator.line(event)
            if line is not None:
                self.show(event, line)

    def look(self) -> None:
        """Say what has been under evaluation for long: after half a minute, a minute, two minutes, and so on."""
        with self._lock:
            now = self._clock()
            if not self._under_way.words(now, STALLED):
                self._told_at = 0.0
                return
            words = self._under_way.words(now, max(STALLED, 2 * self._told_at))
            if words:
                self._told_at = self._under_way.seconds(now)
                self.say(words)

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            self.look()

    def show(self, event: Event, line: str) -> None:
        """Write what `line` says of `event`."""
        self.say(line)

    def say(self, line: str) -> None:
        """Write a step."""
        self._write(f"[{duration(self._clock() - self._start):>8}] {escape(line, 2000)}")

    def _write(self, line: str) -> None:
        if self._stream is None:
            return
        encoding = self._stream.encoding or "utf-8"
        try:
            self._stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
            self._stream.flush()
        except (OSError, ValueError):  # a broken pipe, or a closed stream: nobody is looking any more
            self._stream = None

    def __enter__(self) -> Lines:
        if self._notice:
            self._write(self._notice)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Watch no longer."""
        self._ended.set()
