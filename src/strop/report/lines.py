"""A run told in plain lines, and the view that shows nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

from strop.events import Event
from strop.report.narration import Narrator
from strop.report.progress import Progress
from strop.report.words import duration, harmless


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

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._progress.add(event)
            line = self._narrator.line(event)
            if line is not None:
                self.show(event, line)

    def show(self, event: Event, line: str) -> None:
        """Write what `line` says of `event`."""
        self.say(line)

    def say(self, line: str) -> None:
        """Write a step."""
        self._write(f"[{duration(self._clock() - self._start):>8}] {harmless(line, 2000)}")

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
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to undo."""
