"""Watch a run: a view is a recorder that shows what happens, on a terminal, as plain lines, as JSON or in a notebook.

A view stores nothing, and a display that has gone away does not end a run. Standard output is never used. Text of a language
model is escaped.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal, Protocol, Self, TextIO, TypeAlias

from rich.console import Console

from strop.base.events import AuditNoted, Evaluated, Event, LmFault, RunFinished, outlined
from strop.report.terminal.layout import Lasting
from strop.report.terminal.lineage import candidate_of
from strop.report.terminal.narration import Narrator
from strop.report.terminal.picture import Picture as Picture
from strop.report.terminal.progress import Progress
from strop.report.terminal.under_way import STALLED, UnderWay
from strop.report.terminal.words import duration, escape

Mode: TypeAlias = Literal["auto", "rich", "plain", "log", "none"]
_WATCH_SECONDS = 5.0


class View(Protocol):
    """A recorder that shows events; a context manager that leaves the terminal as it was. Safe to use from many threads."""

    def __call__(self, event: Event) -> None:
        """Show `event`. Cheap: called on the thread that acts."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@dataclass(frozen=True)
class Before:
    """What a view knows before it begins."""

    past: Iterable[Event] = ()
    """Earlier events: counted, but not shown."""
    spent: Mapping[str, int] = field(default_factory=dict)
    """What the run's limits (COST, TOKENS, LM_CALLS) count from earlier sessions."""
    planned: int | None = None
    """Downstream improvements in all, if that is known."""
    notes: Mapping[str, int] = field(default_factory=dict)
    """How often the audit noted each rule in earlier sessions."""


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
    """A view of a run on `stream` (standard error if None).

    `auto` draws on a terminal, keeps one line in a notebook, and writes lines elsewhere; `rich` draws, except on a terminal that
    can only write lines (TERM=dumb); `log` writes one JSON object a line. `notice` comes first, e.g. that no language model is
    used. `score` puts the score of a candidate of strop improve into words; by default the utility. `clock` gives seconds.
    NO_COLOR is honoured.
    """
    stream = stream if stream is not None else sys.stderr
    if mode == "none":
        return Silence()
    progress = Progress()
    for event in before.past:
        progress.add(event)
    progress.spent_before.update(before.spent)
    progress.run.notes.update(before.notes)
    narrator = Narrator(progress, score, folds=mode != "log")
    notebook = kernel() if mode == "auto" else None
    if notebook is not None:
        return OneLine(displayed(notebook), narrator, notice, clock)
    if mode == "log":
        return JsonLines(stream, notice, clock, narrator)
    draws = mode == "rich" or (mode == "auto" and stream.isatty())
    if draws and not Console(file=stream).is_dumb_terminal:
        return Picture(stream, notice, clock, narrator, before.planned)
    return Lines(stream, notice, clock, narrator)


class Silence:
    """Shows nothing."""

    def __call__(self, event: Event) -> None:
        """Do nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing."""


class OneLine(Silence):
    """A view that shows only the last line of a narration: for notebooks, under the cell, as plain text."""

    def __init__(
        self, display: Callable[[str], object], narrator: Narrator, notice: str, clock: Callable[[], float]
    ) -> None:
        """`display` replaces the text that it showed before."""
        self._display = display
        self._notice = notice
        self._clock = clock
        self._start = clock()
        self._lock = threading.Lock()
        self._narrator = narrator
        self._progress = narrator.progress

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._add(event)
            line = self._narrator.line(event)
            if line is not None:
                self.show(event, line)

    def _add(self, event: Event) -> None:
        self._progress.add(event)

    def show(self, event: Event, line: str) -> None:
        """Show the `line` that describes `event`."""
        self._display(f"{self._notice}\n{self._timed(line)}".lstrip("\n"))

    def _timed(self, line: str) -> str:
        """`line` after the time since the start."""
        return f"[{duration(self._clock() - self._start):>8}] {line}"

    def __enter__(self) -> Self:
        if self._notice:
            self._display(self._notice)
        return self


class Lines(OneLine):
    """One line a step, after the time since the start: for logs, pipes and dumb terminals.

    While no evaluation ends, a line says what is being evaluated, and for how long.
    """

    def __init__(
        self, stream: TextIO, notice: str, clock: Callable[[], float], narrator: Narrator | None = None
    ) -> None:
        super().__init__(self._write, narrator or Narrator(Progress()), notice, clock)
        self._stream = Lasting(stream)
        self._under_way = UnderWay()
        self._reported = 0.0
        """Seconds of the stalled evaluation when it was last reported."""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="strop-lines", daemon=True)

    def _add(self, event: Event) -> None:
        super()._add(event)
        self._under_way.add(event, self._clock())

    def look(self) -> None:
        """Report an evaluation that takes long: after half a minute, a minute, two minutes, and so on."""
        with self._lock:
            now = self._clock()
            if not self._under_way.words(now, STALLED):
                self._reported = 0.0
                return
            words = self._under_way.words(now, max(STALLED, 2 * self._reported))
            if words:
                self._reported = self._under_way.seconds(now)
                self.say(words)

    def _watch(self) -> None:
        while not self._ended.wait(_WATCH_SECONDS):
            self.look()

    def show(self, event: Event, line: str) -> None:
        """Write the `line` that describes `event`."""
        self.say(line)

    def say(self, line: str) -> None:
        """Write a step."""
        self._write(self._timed(escape(line, 2000)))

    def _write(self, line: str) -> None:
        if not self._stream.gone:
            encoding = self._stream.encoding or "utf-8"
            self._stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
            self._stream.flush()

    def __enter__(self) -> Self:
        self._thread.start()
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop watching."""
        self._ended.set()


class JsonLines(Lines):
    """The steps of `Lines`, each as one JSON object in ASCII: for programs that gather logs."""

    def __enter__(self) -> Self:
        notice, self._notice = self._notice, ""
        if notice:
            self.say(notice, "notice", level="warning")
        return super().__enter__()

    def show(self, event: Event, line: str) -> None:
        """Write the event's kind, its scope, the line, and the totals of the run."""
        run, progress = self._progress.run, self._progress
        facts: dict[str, Any] = {"scope": event.scope}
        if progress.t is not None:
            facts["t"] = progress.t
        candidate = candidate_of(outlined(event))
        if candidate is not None:
            facts |= {"candidate": candidate.name, "verdict": candidate.verdict, "value": candidate.value}
        facts |= {
            "lm_calls": run.costs.total.calls,
            "in_flight": progress.in_flight,
            "evaluations": run.evaluations,
            "faults": run.faults.total(),
            "audit_notes": run.notes.total(),
            "cost": run.costs.total.cost / 1e9,
        }
        self.say(line, type(event).__name__, level=_level(event), **facts)

    def say(self, line: str, event: str = "step", *, level: str = "info", **facts: Any) -> None:
        """Write one object; `line` is its message."""
        when = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._write(json.dumps({"time": when, "level": level, "event": event, "message": line, **facts}))


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
