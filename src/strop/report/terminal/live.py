"""Watch a run: a view is a recorder that shows what happens, on a terminal, as plain lines, as JSON or in a notebook.

A view stores nothing, and a display that has gone away does not end a run. Standard output is never used. Text of a language
model is escaped.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TextIO

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from strop.base.budget import COST, LM_CALLS, META_UTILITY_CALLS, TOKENS
from strop.base.events import Event, IterationFinished, SuiteRan
from strop.base.pluralize import quantity
from strop.base.terminal_text import escape
from strop.options.choices import DisplayName
from strop.report.terminal.display import Display
from strop.report.terminal.narration import Narration, candidate_score, named
from strop.report.terminal.phrases import counted, duration
from strop.runs.assembly import Observer
from strop.runs.claims.numbers import between, in_words, money
from strop.runs.results.parts import sample
from strop.runs.scopes import is_candidate, is_meta_candidate, iteration_of

_WIDEST = 76
"""Columns that the figures take, at most."""


class View(Observer):
    """A recorder that shows events. This base class shows nothing.

    It is a context manager that leaves the terminal as it was, and safe to use from many threads.
    """

    trackers: Sequence[str] = ()
    """Where the record is sent while it is written (strop.report.track)."""

    def __call__(self, event: Event) -> None:
        """Show `event`. It must be cheap: it runs on the thread that recorded the event."""

    def go_on(self, past: Iterable[Event], spent: Mapping[str, int], notes: Mapping[str, int]) -> None:
        """Take in what earlier sessions did: their events, what the run's limits counted, and how often each rule was noted."""


def make_view(
    mode: DisplayName = "auto",
    stream: TextIO | None = None,
    *,
    heading: Sequence[str] = (),
    narration: Narration | None = None,
    trackers: Sequence[str] = (),
    clock: Callable[[], float] = time.monotonic,
) -> View:
    """A view of a run on `stream` (standard error if None).

    `auto` draws on a terminal, keeps one line in a notebook, and writes lines elsewhere; `rich` draws, except on a terminal that
    can only write lines (TERM=dumb). `heading` comes first, a line each. `clock` gives seconds. NO_COLOR is honoured.
    """
    stream, narration = stream if stream is not None else sys.stderr, narration or Narration()
    view, notebook = View(), kernel() if mode == "auto" else None
    if notebook is not None:
        view = Narrated(displayed(notebook), narration, heading, clock)
    elif mode == "rich" or (mode == "auto" and stream.isatty()):
        is_dumb = Console(file=stream).is_dumb_terminal
        view = (LineView if is_dumb else LiveView)(stream, heading, clock, narration)
    elif mode != "none":
        view = LineView(stream, heading, clock, narration)
    view.trackers = trackers
    return view


class Narrated(View):
    """Shows the lines of a narration, each after the time since the start. In a notebook: the last one, under the cell."""

    def __init__(
        self,
        show: Callable[[str], object],
        narration: Narration,
        heading: Sequence[str],
        clock: Callable[[], float],
    ) -> None:
        """`show` shows a line."""
        self._show = show
        self._heading = [escape(line, 400) for line in heading]
        self._step = ""
        self._clock = clock
        self._start = self._last = clock()
        """`_last`: when the last event happened."""
        self._lock = threading.Lock()
        self._narration = narration

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._last = self._clock()
            self._narration.add(event)
            line = self._narration.line(event)
            if line is not None:
                self.show(event, line)

    def show(self, event: Event, line: str) -> None:
        """Show the `line` that describes `event`."""
        self._show("\n".join([*self._heading, self._timed(line)]))

    def step(self, line: str) -> None:
        """Show what the command does now. What follows a colon in `line` is a count, which is left out."""
        step = line.partition(":")[0]
        if step != self._step:
            self._step = step
            self._show(escape(step))

    def go_on(self, past: Iterable[Event], spent: Mapping[str, int], notes: Mapping[str, int]) -> None:
        self._narration.begin_again(past, spent, notes)

    def _timed(self, line: str) -> str:
        """`line` after the time since the start."""
        return f"[{duration(self._clock() - self._start):>8}] {line}"

    def __enter__(self) -> Self:
        for line in self._heading:
            self._show(line)
        return self


class LineView(Narrated):
    """One line per step: for logs, pipes and dumb terminals."""

    def __init__(
        self, stream: TextIO, heading: Sequence[str], clock: Callable[[], float], narration: Narration
    ) -> None:
        super().__init__(Display(stream).say, narration, heading, clock)

    def show(self, event: Event, line: str) -> None:
        """Write the `line` that describes `event`."""
        self.say(line)

    def say(self, line: str) -> None:
        """Write a step."""
        self._show(self._timed(escape(line, 2000)))


class LiveView(Narrated):
    """The figures of a run, redrawn in place, below a line for each candidate of strop improve and each iteration."""

    def __init__(
        self, stream: TextIO, heading: Sequence[str], clock: Callable[[], float], narration: Narration
    ) -> None:
        self._display = Display(stream, self.render, force=True)
        super().__init__(self._display.say, narration, heading, clock)

    def step(self, line: str) -> None:
        """Show what is done now in the line that changes, with the time."""
        self._step = line

    def show(self, event: Event, line: str) -> None:
        """Write the `line` if it is one of those that stay."""
        if is_candidate(event) or isinstance(event, IterationFinished | SuiteRan):
            self._show(line)

    def notify(self, line: str) -> None:
        """Write a line above the figures."""
        self._show(line)

    def render(self) -> RenderableType:
        """The present figures: what the run does, its best result, budgets, costs, problems."""
        fit = self._display.fit
        with self._lock:
            now, narration = self._clock(), self._narration
            elapsed, waiting = now - self._start, narration.waiting(now - self._last)
            if not narration.run.sessions:
                return Text(fit(f"{escape(self._step) or 'starting'} · {duration(elapsed)}"), style="dim")
            head = [Text(fit(_title(narration, elapsed)), style="bold", no_wrap=True, overflow="ellipsis")]
            facts = Table.grid(padding=(0, 2))
            facts.add_column(style="dim", no_wrap=True)
            facts.add_column(overflow="fold", max_width=_WIDEST - 14)
            facts.add_row("doing", Text(fit(escape(narration.doing, 60))))
            if waiting:
                facts.add_row("", Text(fit(escape(waiting)), style="yellow"))
            for name, text, style in run_facts(narration):
                facts.add_row(name, Text(fit(text), style=style))
            return Group(*head, facts)

    def __enter__(self) -> Self:
        self._display.__enter__()
        super().__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the figures; the lines stay."""
        self._display.__exit__()


def kernel() -> Any:
    """IPython's display module if this process is the kernel of a notebook, else None. It imports nothing."""
    shell = sys.modules.get("IPython.core.getipython")
    instance = shell.get_ipython() if shell is not None else None
    return sys.modules.get("IPython.display") if hasattr(instance, "kernel") else None


def displayed(module: Any) -> Callable[[str], object]:
    """A function that shows a text in place of the previous one, with IPython's display module."""
    handle: list[Any] = []

    def show(text: str) -> None:
        plain = {"text/plain": text}
        if handle:
            handle[0].update(plain, raw=True)
        else:
            handle.append(module.display(plain, raw=True, display_id=True))

    return show


def _title(narration: Narration, elapsed: float) -> str:
    spec, t = narration.run.spec, narration.t
    parts = ["strop", *(escape(part, 24) for part in ((spec.task, spec.model) if spec else ()) if part)]
    if t is not None:
        parts.append(f"iteration {t}" + (f" of {spec.iterations}" if spec else ""))
    time_words = duration(elapsed) + (f" of {duration(spec.max_time)}" if spec and spec.max_time else "")
    return " · ".join([*parts, time_words, "Ctrl-C stops"])


def run_facts(narration: Narration) -> Iterator[tuple[str, str, str]]:
    """(name, text, style) of the best result, budgets, limits, costs and problems."""
    run, best, total = narration.run, narration.best, narration.run.costs.total
    if run.iterations:
        yield f"I_{run.iterations[-1].t}", _scores(run.iterations[-1]), "bold"
    if narration.original is not None:
        yield "original", narration.score(narration.original), ""
        yield "best so far", narration.best_words, "bold"
    elif best is not None and is_meta_candidate(best):
        score = f"{candidate_score(best)}  {named(best.solution)} (t = {iteration_of(best.scope)})"
        yield "best tried", f"train {score}", "bold"
    if left := " · ".join(_budget_left(narration)):
        yield "budget left", left, ""
    if limits := "\n".join(_limits(narration)):
        yield "limits", limits, ""
    asked = f"calls {total.lm_calls} · responses {total.responses} · in flight {narration.in_flight}"
    yield "LM", f"{asked} · {total.in_words}" if total.cost else asked, ""
    yield "evaluations", escape(f"{run.evaluations} · {counted(run.verdicts)}"), ""
    faults = run.faults.total()
    yield "problems", f"faults {faults} · audit notes at run time {run.notes.total()}", "yellow" if faults else ""


def _budget_left(narration: Narration) -> Iterator[str]:
    """What is left of the budgets of the self-improvement in progress, or of strop improve."""
    budgets: list[tuple[str, int, int | None]] = [
        (name, *narration.allowances.get(counter, (0, None)))
        for name, counter in (("meta-utility calls", META_UTILITY_CALLS), ("LM calls", LM_CALLS))
    ]
    if narration.t is None and narration.original is not None:
        spec, calls = narration.run.spec, narration.run.costs.total.lm_calls
        budgets = [
            ("evaluations", narration.tried, spec.utility_budget if spec else None),
            ("LM calls", calls, spec.lm_budget if spec else None),
        ]
    for name, used, limit in budgets:
        if limit is not None:
            yield f"{name} {max(limit - used, 0)} of {limit}"


def _limits(narration: Narration) -> Iterator[str]:
    """What is left of each limit of the run; without a limit on tokens, the tokens so far."""
    spec, before, costs = narration.run.spec, narration.spent_before, narration.run.costs
    cost, tokens, calls = (spec.max_cost, spec.max_tokens, spec.max_calls) if spec else (None, None, None)
    tokens_used = costs.total.input_tokens + costs.total.output_tokens
    if cost is not None:
        reserved, used = costs.maybe_billed_dollars, (before[COST] + costs.reserved[COST]) / 1e9
        yield f"{money(used - reserved, costs.total.is_bound)} spent and {money(reserved)} reserved of {money(cost)}"
    if tokens is not None:
        spent = f"{before[TOKENS] + costs.reserved[TOKENS] - costs.maybe_billed_tokens:,}"
        yield f"{spent} tokens spent and {costs.maybe_billed_tokens:,} reserved of {tokens:,}"
    elif tokens_used:
        yield f"{quantity(tokens_used, 'token', ',')} spent"
    if calls is not None:
        yield f"LM calls left {max(calls - before[LM_CALLS] - costs.total.lm_calls, 0)} of {calls}"


def _scores(event: IterationFinished) -> str:
    """û of I_t on both splits; on the held-out one with its interval if there is one."""
    train, test = (sample(scores, len(event.tasks) or 1) for scores in (event.train, event.test))
    if test is None or event.tasks or test.n < 2:
        return f"test {in_words(test)} · train {in_words(train)}"
    return f"test {test.mean:.3f} (95% {between(test.interval)}) · train {in_words(train)}"
