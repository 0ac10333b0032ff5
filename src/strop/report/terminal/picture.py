"""The live picture of a run on a terminal: legible at 80 columns, and with the lineage beside the figures at 120 and more."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TextIO

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from strop.analysis.audit import RULES
from strop.analysis.stats import score_estimate
from strop.base.budget import COST, LM_CALLS, META_UTILITY_CALLS, TOKENS
from strop.base.errors import dollars
from strop.base.events import Event, IterationFinished
from strop.report.terminal.foot import Foot, Size
from strop.report.terminal.layout import fitting
from strop.report.terminal.lineage import candidate_score, drawn, tree
from strop.report.terminal.narration import Narrator, finished
from strop.report.terminal.pace import Pace, in_all
from strop.report.terminal.progress import Progress, is_tried
from strop.report.terminal.under_way import SLOW, UnderWay
from strop.report.terminal.words import between, counted, duration, escape, over_tasks, quantity

WIDE = 120
"""Columns from which the lineage stands beside the figures."""
_FACTS = 76
"""Columns that the figures take, at most."""
_RATE_SECONDS = 5.0
"""The evaluations per second are those of about this many last seconds."""


class Picture:
    """A recorder that draws; a context manager. Safe to use from many threads."""

    def __init__(
        self,
        stream: TextIO,
        notice: str,
        clock: Callable[[], float],
        narrator: Narrator | None = None,
        planned: int | None = None,
    ) -> None:
        """`planned`: downstream improvements in all, if that is known."""
        self._notice = notice
        self._clock = clock
        self._start = clock()
        self._lock = threading.Lock()
        self._narrator = narrator or Narrator(Progress())
        self._progress = self._narrator.progress
        self._pace = Pace(self._progress, planned)
        self._under_way = UnderWay()
        self._samples: deque[tuple[float, int]] = deque([(self._start, self._progress.run.evaluations)])
        self._foot = Foot(stream, self.render)

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._progress.add(event)
            self._pace.add(event, self._clock())
            self._under_way.add(event, self._clock())
            line = self._narrator.line(event) if is_tried(event) else None
            line = finished(event) if isinstance(event, IterationFinished) else line
        if line is not None:
            self._foot.say(Text(fitting(self._foot.console, line)))

    def notify(self, line: str) -> None:
        """Write a line above the picture."""
        self._foot.say(Text(fitting(self._foot.console, line)))

    def __enter__(self) -> Picture:
        if self._notice:
            self._foot.say(Text(self._notice, style="bold yellow"))
        self._foot.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop drawing; the lines above the picture stay."""
        self._foot.stop()

    def render(self, size: Size) -> RenderableType:
        """The present picture, for a terminal of this size."""
        with self._lock:
            now = self._clock()
            head = [self._title(now), *self._banner()]
            facts = self._facts(now)
            room = size.rows - 2 - len(head)
            if size.columns >= WIDE:
                side = self._lineage(size.columns - _FACTS - 4, room)
                both = Table.grid(padding=(0, 2))
                both.add_column(width=_FACTS)
                both.add_column()
                both.add_row(facts, Group(*side))
                return Group(*head, both)
            return Group(*head, facts, *self._lineage(size.columns - 2, room - facts.row_count))

    def _title(self, now: float) -> Text:
        progress = self._progress
        of = progress.recipe.get("iterations")
        parts = ["strop"]
        parts += [escape(str(progress.recipe[name]), 24) for name in ("task", "model") if name in progress.recipe]
        if progress.t is not None:
            parts.append(f"iteration {progress.t}" + (f" of {of}" if isinstance(of, int) else ""))
        parts.append(duration(now - self._start))
        left = self._pace.left(now)
        return Text(self._fitting(" · ".join([*parts, *([left] if left else [])])), style="bold")

    def _banner(self) -> list[Text]:
        if not self._notice:
            return []
        return [Text(self._fitting(self._notice), style="bold yellow", no_wrap=True, overflow="ellipsis")]

    def _lineage(self, width: int, room: int) -> list[Text]:
        run, console = self._progress.run, self._foot.console
        lines = tree(run, now=self._progress.t, ascii_only=not console.encoding.startswith("utf"))
        if not lines or room < 2:
            return []
        return [Text("lineage", style="dim"), *drawn(lines, console, width, max(room - 1, 2))]

    def _facts(self, now: float) -> Table:
        facts = Table.grid(padding=(0, 2))
        facts.add_column(style="dim", no_wrap=True)
        facts.add_column(overflow="fold", max_width=_FACTS - 14)
        for name, text, style in (*self._state(now), *self._counts(now)):
            facts.add_row(name, Text(self._fitting(text), style=style))
        return facts

    def _state(self, now: float) -> Iterator[tuple[str, str, str]]:
        """(name, text, style) of what the run is doing, and its best result."""
        progress = self._progress
        yield "doing", self._doing(), ""
        slow = self._under_way.words(now, SLOW)
        if slow:
            yield "", slow, "yellow"
        if progress.run.iterations:
            last = progress.run.iterations[-1]
            yield f"I_{last.t}", _scores(last), "bold"
        if progress.original is not None:
            yield "original", self._narrator.score(progress.original), ""
            yield "best so far", self._narrator.best, "bold"
        if progress.best is not None:
            best = progress.best
            yield "best tried", f"train {candidate_score(best)}  {best.name} (t = {best.t})", "bold"

    def _counts(self, now: float) -> Iterator[tuple[str, str, str]]:
        """(name, text, style) of budgets, limits, costs and problems."""
        run, total = self._progress.run, self._progress.run.costs.total
        if self._budget_left():
            yield "budget left", self._budget_left(), ""
        for number, limit in enumerate(self._limits()):
            yield "" if number else "limits", limit, ""
        expected = in_all(self._progress)
        calls, cost = (f" of about {expected[0]}", f" of about {dollars(expected[1])}") if expected else ("", "")
        asked = f"calls {total.calls}{calls} · responses {total.responses} · in flight {self._progress.in_flight}"
        yield "LM", f"{asked} · {dollars(total.cost)}{cost}" if total.cost else asked, ""
        yield "evaluations", escape(f"{run.evaluations} · {self._rate(now):.0f}/s · {counted(run.verdicts)}"), ""
        faults, notes = run.faults.total(), run.notes.total()
        most = f", most: {_rule_words(run.notes.most_common(1)[0][0])}" if notes else ""
        yield "problems", f"faults {faults} · audit notes {notes}{escape(most)}", "yellow" if faults else ""

    def _doing(self) -> str:
        progress = self._progress
        if progress.gate is None or not progress.doing.startswith("comparing"):
            return escape(progress.doing, 60)
        return f"gate: {progress.gate.words}"

    def _budget_left(self) -> str:
        names = {META_UTILITY_CALLS: "meta-utility calls", LM_CALLS: "LM calls"}
        parts = [
            f"{name} {max(allowance.limit - allowance.used, 0)} of {allowance.limit}"
            for counter, name in names.items()
            if (allowance := self._progress.allowances.get(counter)) is not None and allowance.limit is not None
        ]
        progress = self._progress
        if progress.t is None and progress.original is not None:  # strop improve
            spent = {
                "evaluations": ("utility_budget", progress.tried),
                "LM calls": ("lm_budget", progress.run.costs.total.calls),
            }
            for name, (limit, used) in spent.items():
                most = progress.recipe.get(limit)
                parts += [f"{name} {max(most - used, 0)} of {most}"] if isinstance(most, int) else []
        return " · ".join(parts)

    def _limits(self) -> list[str]:
        """What is left of each limit of the run; without a limit on tokens, the tokens so far."""
        recipe, before, costs = self._progress.recipe, self._progress.spent_before, self._progress.run.costs
        cost, tokens, calls = (recipe.get(name) for name in ("max_cost", "max_tokens", "max_calls"))
        used = costs.total.input_tokens + costs.total.output_tokens
        parts = []
        if isinstance(cost, (int, float)):
            spent = dollars(before[COST] + costs.reserved[COST] - costs.unseen_cost)
            parts.append(f"{spent} spent and {dollars(costs.unseen_cost)} reserved of {dollars(round(cost * 1e9))}")
        if isinstance(tokens, int):
            spent = f"{before[TOKENS] + costs.reserved[TOKENS] - costs.unseen_tokens:,}"
            parts.append(f"{spent} tokens spent and {costs.unseen_tokens:,} reserved of {tokens:,}")
        elif used:
            parts.append(f"{quantity(used, 'token', ',')} spent")
        if isinstance(calls, int):
            parts.append(f"LM calls left {max(calls - before[LM_CALLS] - costs.total.calls, 0)} of {calls}")
        return parts

    def _rate(self, now: float) -> float:
        self._samples.append((now, self._progress.run.evaluations))
        while len(self._samples) > 2 and self._samples[1][0] < now - _RATE_SECONDS:
            self._samples.popleft()
        then, before = self._samples[0]
        return (self._progress.run.evaluations - before) / max(now - then, 1.0)

    def _fitting(self, text: str) -> str:
        encoding = self._foot.console.encoding
        return fitting(self._foot.console, text if encoding.startswith("utf") else text.replace("·", "|"))


def _scores(event: IterationFinished) -> str:
    """û of I_t on both splits; on the sealed one with its interval if there is one."""
    train = f"train {over_tasks(event.train, event.tasks)}"
    if not event.test or event.tasks or len(event.test) < 2:
        return f"test {over_tasks(event.test, event.tasks)} · {train}"
    sample = score_estimate(event.test)
    return f"test {sample.mean:.3f} (95% {between(sample.interval)}) · {train}"


def _rule_words(rule: str) -> str:
    """A rule with its title: `R002 asks for more than its budget`."""
    return f"{rule} {RULES[rule].title}" if rule in RULES else rule
