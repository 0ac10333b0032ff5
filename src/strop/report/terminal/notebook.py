"""Watch a run in a notebook: one line under the cell that changes, as plain text."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from strop.base.events import Event
from strop.report.terminal.narration import Narrator
from strop.report.terminal.words import duration


def kernel() -> Any:
    """IPython's display module where this process is the kernel of a notebook; else None. Nothing is imported for it."""
    shell = sys.modules.get("IPython.core.getipython")
    found = shell.get_ipython() if shell is not None else None
    return sys.modules.get("IPython.display") if hasattr(found, "kernel") else None


class OneLine:
    """A view that shows the last thing that happened."""

    def __init__(
        self,
        display: Callable[[str], object],
        narrator: Narrator,
        notice: str,
        clock: Callable[[], float],
    ) -> None:
        """`display` shows a text in the place of the one before."""
        self._display = display
        self._notice = f"{notice}\n" if notice else ""
        self._clock = clock
        self._start = clock()
        self._lock = threading.Lock()
        self._progress = narrator.progress
        self._narrator = narrator

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._progress.add(event)
            line = self._narrator.line(event)
            if line is not None:
                self._display(f"{self._notice}[{duration(self._clock() - self._start):>8}] {line}")

    def __enter__(self) -> OneLine:
        if self._notice:
            self._display(self._notice)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to undo: the last line stays."""


def displayed(module: Any) -> Callable[[str], object]:
    """Shows each text in the place of the one before, by IPython's display module."""
    handle: list[Any] = []

    def show(text: str) -> None:
        plain = {"text/plain": text}
        if handle:
            handle[0].update(plain, raw=True)
        else:
            handle.append(module.display(plain, raw=True, display_id=True))

    return show
