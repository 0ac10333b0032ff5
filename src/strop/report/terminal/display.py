"""Lines on a stream, and on a terminal a live view below them that is redrawn in place: rich.Live, driven by one thread.

Only that thread writes to a terminal, so a slow, stopped or closed one delays nobody else. The cursor is never hidden, so a
killed process leaves nothing to repair.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Self, TextIO

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from strop.report.terminal.layout import FaultTolerantStream
from strop.report.terminal.tables import fitting

REFRESHES = 4
"""Drawings a second."""
_GOODBYE_SECONDS = 5.0
"""Longest wait for the last drawing. A terminal that nobody reads must not hold up the end of a run."""


class _Console(Console):
    """A console that never hides the cursor."""

    def show_cursor(self, show: bool = True) -> bool:
        return False


class Display:
    """Writes lines to a stream, with a live view below them on a terminal.

    It is a context manager, and safe to use from many threads.
    """

    def __init__(
        self, stream: TextIO, render: Callable[[], RenderableType] | None = None, *, force: bool = False
    ) -> None:
        """`render` returns the live view. It is called `REFRESHES` times a second.

        Without `render` there are only lines. So it is on a dumb terminal and, unless `force`, where `stream` is no terminal.
        """
        self._stream = FaultTolerantStream(stream)
        wanted = render is not None and (force or stream.isatty())
        self.console = _Console(
            file=self._stream,  # type: ignore[arg-type]
            force_terminal=wanted,
            force_jupyter=False,
            highlight=False,
            markup=False,
            emoji=False,
        )
        self.draws = wanted and not self.console.is_dumb_terminal
        """Whether there is a live view."""
        self._render = render or Text
        self._above: deque[Text] = deque()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._draw, name="strop-display", daemon=True)

    def say(self, line: str, style: str = "") -> None:
        """Write a line: above the live view with its next drawing, or at once."""
        if self.draws:
            self._above.append(Text(self.fit(line), style=style))
            return
        encoding = self._stream.encoding or "utf-8"
        with self._lock:
            if not self._stream.gone:
                self._stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
                self._stream.flush()

    def fit(self, text: str) -> str:
        """`text` in the characters that the stream can show."""
        return fitting(self.console, text if self.console.encoding.startswith("utf") else text.replace("·", "|"))

    def __enter__(self) -> Self:
        if self.draws:
            self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        """Remove the live view; the lines stay."""
        self._ended.set()
        if self.draws:
            self._thread.join(_GOODBYE_SECONDS)

    def _draw(self) -> None:
        with Live(
            console=self.console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
        ) as live:
            while not self._ended.is_set() and not self._stream.gone:
                self._write_above()
                live.update(self._render(), refresh=True)
                self._ended.wait(1 / REFRESHES)
            live.update(Text(), refresh=True)
            self._write_above()

    def _write_above(self) -> None:
        lines = [self._above.popleft() for _ in range(len(self._above))]
        if lines:
            self.console.print(Text("\n").join(lines))
