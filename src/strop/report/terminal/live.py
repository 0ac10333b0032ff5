"""Watch a run: a view is a recorder that shows what happens, on a terminal or as plain lines.

A view only looks: it keeps nothing (the store does), and a display that has gone away does not end a run. Standard output is
never touched. What a language model wrote is shown through `harmless` only.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Protocol, TextIO, TypeAlias

from rich.console import Console

from strop.base.events import Evaluated, Event
from strop.report.terminal.lines import Lines as Lines
from strop.report.terminal.lines import Silence as Silence
from strop.report.terminal.log import JsonLines as JsonLines
from strop.report.terminal.narration import Narrator
from strop.report.terminal.notebook import OneLine, displayed, kernel
from strop.report.terminal.picture import Picture as Picture
from strop.report.terminal.progress import Progress

Mode: TypeAlias = Literal["auto", "rich", "plain", "log", "none"]


class View(Protocol):
    """A recorder that shows; a context manager that leaves the terminal as it was. Safe to use from many threads."""

    def __call__(self, event: Event) -> None:
        """Show `event`. Cheap: called on the thread that acts."""
        ...

    def __enter__(self) -> View: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@dataclass(frozen=True)
class Before:
    """What a view knows before it begins."""

    past: Iterable[Event] = ()
    """What happened before: counted, but not shown."""
    spent: Mapping[str, int] = field(default_factory=dict)
    """What the run's limits (COST, TOKENS, LM_CALLS) count from before."""
    planned: int | None = None
    """Downstream improvements in all, where that is known."""
    notes: Mapping[str, int] = field(default_factory=dict)
    """How often each rule of the audit was noted before."""


NOTHING = Before()


def make_view(
    mode: Mode = "auto",
    stream: TextIO | None = None,
    *,
    notice: str = "",
    score: Callable[[Evaluated], str] | None = None,
    before: Before = NOTHING,
    clock: Callable[[], float] = time.monotonic,
) -> View:
    """A view of a run on `stream` (standard error when None).

    `auto` draws on a terminal, keeps one line in a notebook, and writes lines elsewhere; `rich` draws, but on a terminal that can
    only write lines (TERM=dumb); `log` writes one JSON object a line. `notice` is said before everything else: that the model is
    not a language model, for one. `score` puts the score of a candidate of strop improve into words; the utility when not given.
    `before` is what is known before it begins. `clock` gives seconds. NO_COLOR is honoured.
    """
    stream = stream if stream is not None else sys.stderr
    if mode == "none":
        return Silence()
    narrator = Narrator(Progress(), score)
    for event in before.past:
        narrator.progress.add(event)
    narrator.progress.spent.update(before.spent)
    narrator.progress.run.notes.update(before.notes)
    narrator.progress.spent_before.update(before.spent)
    notebook = kernel() if mode == "auto" else None
    if notebook is not None:
        return OneLine(displayed(notebook), narrator, notice, clock)
    if mode == "log":
        return JsonLines(stream, notice, clock, narrator)
    draws = mode == "rich" or (mode == "auto" and stream.isatty())
    if draws and not Console(file=stream).is_dumb_terminal:
        return Picture(stream, notice, clock, narrator, before.planned)
    return Lines(stream, notice, clock, narrator)
