"""Watch a run: a view is a recorder that shows what happens, on a terminal or as plain lines.

A view only looks: it keeps nothing (the store does), and a display that has gone away does not end a run. Standard output is
never touched. What a language model wrote is shown through `harmless` only.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Literal, Protocol, TextIO, TypeAlias

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from strop.budget import GATE_PAIRS, LM_CALLS, META_UTILITY_CALLS
from strop.events import Evaluated, Event, IterationFinished
from strop.report.narration import Narrator, candidate_score, finished
from strop.report.notebook import OneLine, displayed, kernel
from strop.report.progress import Candidate, Progress, is_tried
from strop.report.words import counted, duration, harmless, over_tasks

REFRESHES = 4
"""Pictures a second."""

_RATE_SECONDS = 5.0
"""The evaluations per second are those of about this many last seconds."""


Mode: TypeAlias = Literal["auto", "rich", "plain", "none"]


class View(Protocol):
    """A recorder that shows; a context manager that leaves the terminal as it was. Safe to use from many threads."""

    def __call__(self, event: Event) -> None:
        """Show `event`. Cheap: called on the thread that acts."""
        ...

    def __enter__(self) -> View: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def make_view(
    mode: Mode = "auto",
    stream: TextIO | None = None,
    *,
    notice: str = "",
    score: Callable[[Evaluated], str] | None = None,
    past: Iterable[Event] = (),
    clock: Callable[[], float] = time.monotonic,
) -> View:
    """A view of a run on `stream` (standard error when None).

    `auto` draws on a terminal, keeps one line in a notebook, and writes lines elsewhere. `notice` is said before everything
    else: that the model is not a language model, for one. `score` puts the score of a candidate of strop improve into words; the
    utility when not given.
    `past` happened before, and is counted but not shown. `clock` gives seconds. NO_COLOR is honoured.
    """
    stream = stream if stream is not None else sys.stderr
    if mode == "none":
        return Silence()
    narrator = Narrator(Progress(), score)
    for event in past:
        narrator.progress.add(event)
    notebook = kernel() if mode == "auto" else None
    if notebook is not None:
        return OneLine(displayed(notebook), narrator, notice, clock)
    if mode == "auto":
        mode = "rich" if stream.isatty() and not Console(file=stream).is_dumb_terminal else "plain"
    return Picture(stream, notice, clock, narrator) if mode == "rich" else Lines(stream, notice, clock, narrator)


class Silence:
    """Shows nothing."""

    def __call__(self, event: Event) -> None:
        """Nothing."""

    def __enter__(self) -> View:
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
                self._write(f"[{duration(self._clock() - self._start):>8}] {line}")

    def _write(self, line: str) -> None:
        if self._stream is None:
            return
        encoding = self._stream.encoding or "utf-8"
        try:
            self._stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
            self._stream.flush()
        except (OSError, ValueError):  # a broken pipe, or a closed stream: nobody is looking any more
            self._stream = None

    def __enter__(self) -> View:
        if self._notice:
            self._write(self._notice)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to undo."""


class Picture:
    """A live picture at the foot of a terminal, over which finished iterations scroll away."""

    def __init__(
        self, stream: TextIO, notice: str, clock: Callable[[], float], narrator: Narrator | None = None
    ) -> None:
        self._notice = notice
        self._clock = clock
        self._start = clock()
        self._lock = threading.Lock()
        self._narrator = narrator or Narrator(Progress())
        self._progress = self._narrator.progress
        self._samples: deque[tuple[float, int]] = deque([(self._start, 0)])
        self._console = Console(file=stream, force_terminal=True, highlight=False, markup=False, emoji=False)
        self._live = Live(
            console=self._console,
            get_renderable=self.render,
            refresh_per_second=REFRESHES,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._progress.add(event)
            tried = self._narrator.line(event) if is_tried(event) else None
        # Not under our lock: the thread that draws holds the console's lock when it asks for ours.
        if isinstance(event, IterationFinished):
            self._console.print(Text(finished(event)))
        elif tried is not None:
            self._console.print(Text(tried))

    def __enter__(self) -> View:
        if self._notice:
            self._console.print(Text(self._notice, style="bold yellow"))
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop drawing and give the cursor back."""
        self._live.stop()

    def render(self) -> RenderableType:
        """The present picture, legible at 80 columns."""
        with self._lock:
            now = self._clock()
            return Group(self._title(now), *self._banner(), self._facts(now))

    def _title(self, now: float) -> Text:
        progress = self._progress
        of = progress.recipe.get("iterations")
        parts = ["strop"]
        parts += [harmless(str(progress.recipe[name]), 30) for name in ("task", "lm") if name in progress.recipe]
        if progress.t is not None:
            parts.append(f"iteration {progress.t}" + (f" of {of}" if isinstance(of, int) else ""))
        return Text(" · ".join([*parts, duration(now - self._start)]), style="bold")

    def _banner(self) -> list[Text]:
        return [Text(self._notice, style="bold yellow")] if self._notice else []

    def _facts(self, now: float) -> Table:
        progress = self._progress
        facts = Table.grid(padding=(0, 2))
        facts.add_column(style="dim", no_wrap=True)
        facts.add_column(overflow="fold")
        facts.add_row("doing", Text(harmless(progress.doing, 60)))
        if progress.allowances:
            facts.add_row("budget left", Text(self._budget_left()))
        if progress.tried:
            facts.add_row("best so far", Text(self._narrator.best, style="bold"))
        if progress.best is not None:
            best = progress.best
            facts.add_row("best so far", Text(f"{candidate_score(best)}  {best.name} (t = {best.t})", style="bold"))
        for number, candidate in enumerate(progress.candidates):
            facts.add_row(f"candidates {progress.candidates_seen}" if number == 0 else "", _row(candidate))
        counts = f"{progress.evaluations} · {self._rate(now):.0f}/s · {counted(progress.verdicts)}"
        facts.add_row("evaluations", Text(harmless(counts)))
        facts.add_row("LM", Text(f"calls {progress.lm_calls} · responses {progress.responses}"))
        facts.add_row("to look at", Text(f"faults {progress.faults.total()} · audit notes {progress.notes.total()}"))
        if progress.iterations:
            last = progress.iterations[-1]
            scores = f"train {over_tasks(last.train, last.tasks)} · test {over_tasks(last.test, last.tasks)}"
            facts.add_row(f"I_{last.t}", Text(scores))
        return facts

    def _budget_left(self) -> str:
        names = {META_UTILITY_CALLS: "meta-utility calls", LM_CALLS: "LM calls", GATE_PAIRS: "gate pairs"}
        return " · ".join(
            f"{name} {max(allowance.limit - allowance.used, 0)} of {allowance.limit}"
            for counter, name in names.items()
            if (allowance := self._progress.allowances.get(counter)) is not None and allowance.limit is not None
        )

    def _rate(self, now: float) -> float:
        self._samples.append((now, self._progress.evaluations))
        while len(self._samples) > 2 and self._samples[1][0] < now - _RATE_SECONDS:
            self._samples.popleft()
        then, before = self._samples[0]
        return (self._progress.evaluations - before) / max(now - then, 1.0)


def _row(candidate: Candidate) -> Text:
    copies = " ".join(f"{score:.2f}" for score in candidate.scores[:6])
    style = "" if candidate.verdict == "ok" else "yellow"
    verdict = harmless(candidate.verdict, 13)
    return Text(f"{candidate.name}  {verdict:<13}  {candidate_score(candidate)}  {copies}".rstrip(), style=style)
