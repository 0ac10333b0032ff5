"""A picture at the foot of a terminal, redrawn in place, with lines that scroll away above it.

rich.Live is not used: it hides the cursor, its writers wait for a slow terminal, and it leaves ghosts when the terminal becomes
narrower. Here only one thread writes, so a slow, stopped or closed terminal delays nobody else, and no mode of the terminal
changes, so there is nothing to repair, however the process ends.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console, RenderableType
from rich.text import Text

from strop.report.terminal.layout import Lasting

REFRESHES = 4
"""Pictures a second."""
_UP, _CLEAR_LINE, _CLEAR_BELOW = "\x1b[{}A", "\x1b[K", "\x1b[J"
_GOODBYE_SECONDS = 2.0
"""Longest wait for a terminal that takes no more: it may not be read. Drawing itself is waited for, however busy the machine."""


@dataclass(frozen=True)
class Size:
    """Size of a terminal, in characters."""

    columns: int
    rows: int


class Foot:
    """Draws what `render` returns for a size at the foot of `stream`."""

    def __init__(self, stream: TextIO, render: Callable[[Size], RenderableType]) -> None:
        self._stream = Lasting(stream)
        self._render = render
        self._console = Console(
            file=self._stream,  # type: ignore[arg-type]
            force_terminal=True,
            force_jupyter=False,
            highlight=False,
            markup=False,
            emoji=False,
        )
        self._above: deque[Text] = deque()
        self._drawn: list[int] = []
        """Width of each line of the picture on the screen, in cells."""
        self._shown = ""
        self._size = Size(0, 0)
        self._stopped = threading.Event()
        self._writes_since: float | None = None
        """When the write that is going on began."""
        self._thread = threading.Thread(target=self._run, name="strop-picture", daemon=True)

    @property
    def console(self) -> Console:
        """The console that renders the picture: its encoding and colours."""
        return self._console

    def say(self, line: Text) -> None:
        """Write a line above the picture, with the next picture."""
        self._above.append(line)

    def start(self) -> None:
        """Start drawing."""
        self._thread.start()

    def stop(self) -> None:
        """Stop drawing: the lines stay, the picture is removed."""
        self._stopped.set()
        begun = time.monotonic()
        while self._thread.is_alive():
            self._thread.join(0.05)
            since = self._writes_since
            if since is not None and time.monotonic() - max(since, begun) > _GOODBYE_SECONDS:
                return

    def _run(self) -> None:
        while not self._stopped.is_set() and not self._stream.gone:
            self._draw()
            self._stopped.wait(1 / REFRESHES)
        self._draw(last=True)

    def _draw(self, last: bool = False) -> None:
        size = self.size()
        above = [self._above.popleft() for _ in range(len(self._above))]
        lines = [] if last else self._lines(self._render(size), size)[: max(size.rows - 1, 1)]
        picture = "".join(f"{line}{_CLEAR_LINE}\n" for line, _ in lines)
        if not above and picture == self._shown and size == self._size and not last:
            return
        height = min(sum(max(1, -(-width // size.columns)) for width in self._drawn), max(size.rows - 1, 1))
        up = "\r" + (_UP.format(height) if height else "")
        scrolled = "".join(f"{line}\n" for text in above for line, _ in self._lines(text, size))
        cleared = _CLEAR_BELOW if scrolled or last or size != self._size else ""
        self._writes_since = time.monotonic()
        self._stream.write(f"{up}{cleared}{scrolled}{picture}{_CLEAR_BELOW}")
        self._stream.flush()
        self._writes_since = None
        self._drawn, self._shown, self._size = [width for _, width in lines], picture, size

    def _lines(self, what: RenderableType, size: Size) -> list[tuple[str, int]]:
        """(line with its colours, its width in cells) for each line of `what`."""
        # One column stays free: a terminal clears the last character of a line that is full.
        options = self._console.options.update(width=max(size.columns - 1, 1), height=None)
        lines = []
        for segments in self._console.render_lines(what, options, pad=False):
            line = Text.assemble(*((segment.text, segment.style or "") for segment in segments), no_wrap=True)
            line.rstrip()  # a terminal that is made narrower wraps blanks too
            with self._console.capture() as captured:
                self._console.print(line, end="", soft_wrap=True)
            lines.append((captured.get(), line.cell_len))
        return lines

    def size(self) -> Size:
        """The present size of the terminal; 80 by 24 if it is unknown."""
        try:
            columns, rows = os.get_terminal_size(self._stream.fileno())
        except (OSError, ValueError, AttributeError):
            columns, rows = self._console.size
        return Size(columns or 80, rows or 24)
