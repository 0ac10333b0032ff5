"""Watch a run: a view is a recorder that shows what happens, on a terminal, as plain lines, as JSON or in a notebook.

A view stores nothing, and a display that has gone away does not end a run. Standard output is never used. Text of a language
model is escaped.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal, Self, TextIO, TypeAlias

from rich.console import Console, RenderableType

from strop.base.events import AuditNoted, Evaluated, Event, IterationFinished, LmFault, RunFinished, outlined
from strop.base.solution import short
from strop.base.terminal_text import escape
from strop.report.terminal.display import Display
from strop.report.terminal.live_figures import live_figures
from strop.report.terminal.live_state import LiveState
from strop.report.terminal.narration import Narration, finished
from strop.report.terminal.words import duration
from strop.runs.scopes import is_candidate, is_meta_candidate

Mode: TypeAlias = Literal["auto", "rich", "plain", "log", "none"]
_WATCH_SECONDS = 5.0
STALLED = 30.0
"""Seconds of silence after which lines say so; again after twice the time."""


APART = 10.0
"""Seconds between two lines about the progress of an iteration, at least: a fast run has few lines."""


class View:
    """A recorder that shows events; a context manager that leaves the terminal as it was. Safe to use from many threads.

    This one shows nothing.
    """

    def __call__(self, event: Event) -> None:
        """Show `event`. Cheap: called on the thread that acts."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""


def make_view(
    mode: Mode = "auto",
    stream: TextIO | None = None,
    *,
    notice: str = "",
    score: Callable[[Evaluated], str] | None = None,
    state: LiveState | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> View:
    """A view of a run on `stream` (standard error if None).

    `auto` draws on a terminal, keeps one line in a notebook, and writes lines elsewhere; `rich` draws, except on a terminal that
    can only write lines (TERM=dumb); `log` writes one JSON object per line. `notice` comes first, e.g. that no language model is
    used. `state` is where a resumed run stands. `score` puts the score of a candidate of strop improve into words; by default the
    utility. `clock` gives seconds.
    NO_COLOR is honoured.
    """
    stream = stream if stream is not None else sys.stderr
    if mode == "none":
        return View()
    narration = Narration(state or LiveState(), score, folds=mode != "log")
    notebook = kernel() if mode == "auto" else None
    if notebook is not None:
        return Narrated(displayed(notebook), narration, notice, clock)
    if mode == "log":
        return JsonLines(stream, notice, clock, narration)
    draws = mode == "rich" or (mode == "auto" and stream.isatty())
    if draws and not Console(file=stream).is_dumb_terminal:
        return LiveView(stream, notice, clock, narration)
    return LineView(stream, notice, clock, narration)


class Narrated(View):
    """Shows the lines of a narration, each after the time since the start. In a notebook: the last one, under the cell."""

    def __init__(
        self, show: Callable[[str], object], narration: Narration, notice: str, clock: Callable[[], float]
    ) -> None:
        """`show` shows a line."""
        self._show = show
        self._notice = notice
        self._clock = clock
        self._start = self._last = clock()
        """`_last`: when the last event happened."""
        self._lock = threading.Lock()
        self._narration, self._state = narration, narration.state

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._last = self._clock()
            self._state.add(event)
            line = self._narration.line(event)
            if line is not None:
                self.show(event, line)

    def show(self, event: Event, line: str) -> None:
        """Show the `line` that describes `event`."""
        self._show(f"{self._notice}\n{self._timed(line)}".lstrip("\n"))

    def _timed(self, line: str) -> str:
        """`line` after the time since the start."""
        return f"[{duration(self._clock() - self._start):>8}] {line}"

    def __enter__(self) -> Self:
        if self._notice:
            self._show(self._notice)
        return self


class LineView(Narrated):
    """One line per step: for logs, pipes and dumb terminals. While nothing happens, a line says since when."""

    def __init__(self, stream: TextIO, notice: str, clock: Callable[[], float], narration: Narration) -> None:
        self._display = Display(stream)
        super().__init__(self._display.say, narration, notice, clock)
        self._reported = 0.0
        """Seconds of silence that were last reported."""
        self._said = clock()
        """When the last line was written."""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="strop-lines", daemon=True)

    def look(self) -> None:
        """Report a silence: after half a minute, a minute, two minutes, and so on."""
        with self._lock:
            quiet = self._clock() - self._last
            self._reported = self._reported if quiet >= self._reported else 0.0
            if quiet >= max(STALLED, 2 * self._reported):
                self._reported = quiet
                self.say(self._state.waiting(quiet))

    def _watch(self) -> None:
        while not self._ended.wait(_WATCH_SECONDS):
            self.look()

    def show(self, event: Event, line: str) -> None:
        """Write the `line` that describes `event`. Those of progress within an iteration have time between them."""
        within = isinstance(event, Evaluated) and not is_candidate(event) and event.split == "train"
        if not within or self._clock() - self._said >= APART:
            self.say(line)

    def say(self, line: str) -> None:
        """Write a step."""
        self._said = self._clock()
        self._show(self._timed(escape(line, 2000)))

    def __enter__(self) -> Self:
        self._thread.start()
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop watching."""
        self._ended.set()


class LiveView(Narrated):
    """The figures of a run, redrawn in place, below a line for each candidate of strop improve and each iteration."""

    def __init__(self, stream: TextIO, notice: str, clock: Callable[[], float], narration: Narration) -> None:
        self._display = Display(stream, self.render, force=True)
        super().__init__(self._display.say, narration, notice, clock)

    def show(self, event: Event, line: str) -> None:
        """Write the `line` if it is one of those that stay."""
        if is_candidate(event):
            self._show(line)
        elif isinstance(event, IterationFinished):
            self._show(finished(event))

    def notify(self, line: str) -> None:
        """Write a line above the figures."""
        self._show(line)

    def render(self) -> RenderableType:
        """The present figures."""
        with self._lock:
            now = self._clock()
            return live_figures(self._narration, self._display.fit, self._notice, now - self._start, now - self._last)

    def __enter__(self) -> Self:
        if self._notice:
            self._display.say(self._notice, "bold yellow")
        self._display.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the figures; the lines stay."""
        self._display.__exit__()


class JsonLines(LineView):
    """The steps of `LineView`, each as one JSON object in ASCII: for programs that gather logs."""

    def __enter__(self) -> Self:
        notice, self._notice = self._notice, ""
        if notice:
            self.say(notice, "notice", level="warning")
        return super().__enter__()

    def show(self, event: Event, line: str) -> None:
        """Write the event's kind, its scope, the line, and the totals of the run."""
        run, state = self._state.run, self._state
        facts: dict[str, Any] = {"scope": event.scope}
        if state.t is not None:
            facts["t"] = state.t
        if is_meta_candidate(event):
            name = short(outlined(event).solution)
            facts |= {"candidate": name, "verdict": event.verdict, "value": event.value}
        facts |= {
            "lm_calls": run.costs.total.lm_calls,
            "in_flight": state.in_flight,
            "evaluations": run.evaluations,
            "faults": run.faults.total(),
            "audit_notes": run.notes.total(),
            "cost": run.costs.total.cost / 1e9,
        }
        self.say(line, type(event).__name__, level=_level(event), **facts)

    def say(self, line: str, event: str = "step", *, level: str = "info", **facts: Any) -> None:
        """Write one object; `line` is its message."""
        when = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._show(json.dumps({"time": when, "level": level, "event": event, "message": line, **facts}))


def _level(event: Event) -> str:
    match event:
        case RunFinished(status="failed"):
            return "error"
        case LmFault() | AuditNoted() | RunFinished(status="interrupted" | "budget"):
            return "warning"
        case _:
            return "info"


def kernel() -> Any:
    """IPython's display module if this process is the kernel of a notebook, else None. It imports nothing."""
    shell = sys.modules.get("IPython.core.getipython")
    instance = shell.get_ipython() if shell is not None else None
    return sys.modules.get("IPython.display") if hasattr(instance, "kernel") else None


def displayed(module: Any) -> Callable[[str], object]:
    """A function that shows each text in place of the one before, with IPython's display module."""
    handle: list[Any] = []

    def show(text: str) -> None:
        plain = {"text/plain": text}
        if handle:
            handle[0].update(plain, raw=True)
        else:
            handle.append(module.display(plain, raw=True, display_id=True))

    return show
