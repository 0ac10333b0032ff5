"""The candidates that an improvement tried, and how a command task's metrics changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from rich.console import Console
from rich.table import Table

from strop.base.events import Evaluated
from strop.core.feedback import gist
from strop.core.metric_change import Gain, ObjectiveFacts, gain
from strop.report.terminal.gains import unnamed, valued
from strop.report.terminal.tables import fitting, new_table, say
from strop.report.terminal.words import NAMED_BY, escape, quantity
from strop.runs.improve import Single
from strop.tasks.command.objective import pareto_front

_VERDICTS = {"better": "better", "worse": "worse", "no significant change": "unclear"}
_EXIT = re.compile(r"^(instance \d+: )?exit status \d+ \.\.\. ")
"""What says less than the line that was printed last, where there is room for one of them."""
SHOWN = 8
"""Candidates that are listed; the record has all of them."""


@dataclass(frozen=True)
class Tried:
    """One candidate, as it was seen in training the first time."""

    name: str
    """The first digits of its digest."""
    value: float
    verdict: str
    error: str
    after: tuple[Mapping[str, float], ...] = ()
    before: tuple[Mapping[str, float], ...] = ()
    """Of a command task: the values of each instance, its own and the original's."""


class TriedDocument(TypedDict):
    """One candidate in the document of --json."""

    digest: str
    utility: float
    verdict: str
    error: str | None


def tried_in(candidates: Iterable[Evaluated]) -> list[Tried]:
    """The candidates of a record, from their outlines, each once, the best first."""
    found: dict[str, Tried] = {}
    for event in candidates:
        if event.solution is not None:
            name = event.solution[:NAMED_BY]
            tried = Tried(name, event.value, event.verdict, gist(event.error), event.metrics, event.beside)
            found.setdefault(name, tried)
    return sorted(found.values(), key=lambda each: -each.value)


def tried_document(tried: Tried) -> TriedDocument:
    """The same, for a document."""
    return {"digest": tried.name, "utility": tried.value, "verdict": tried.verdict, "error": tried.error or None}


def print_tried(tried: Sequence[Tried], console: Console) -> None:
    """A short list of what was tried: digest, score in training, verdict."""
    table = new_table("candidate", "train", "verdict", console=console)
    room = max(console.width - NAMED_BY - len("train") - 2 * len("  "), 20)
    for each in tried[:SHOWN]:
        why = f"{each.verdict}: {_EXIT.sub('', each.error)}" if each.error else each.verdict
        table.add_row(each.name, f"{each.value:.3f}", fitting(console, escape(why, room)))
    console.print(table)
    if len(tried) > SHOWN:
        say(console, f"and {quantity(len(tried) - SHOWN, 'more candidate')}")


def metrics_table(found: Single, console: Console) -> Table:
    """A row for each metric: the original's mean, the improved program's, the change with its interval, the verdict."""
    table = new_table("", "original", "improved", "sealed split (95% interval)", "", console=console)
    for column in (table.columns[0], table.columns[3]):
        column.no_wrap = False  # a name and words may fold where the console is narrow, the values beside them not
    whole = found.improved is not None and found.improved.test.verdict == "ok"  # what fails is not faster
    for each in found.gains if whole else ():
        verdict = _VERDICTS[each.verdict]
        name = fitting(console, escape(each.metric.name, 40))
        before, after = (fitting(console, valued(each.metric, value)) for value in (each.before, each.after))
        table.add_row(name, before, after, unnamed(each), verdict)
    if found.improved is None or not found.gains or not whole:
        after = "-" if found.improved is None else f"{found.improved.test.value:.3f}"
        table.add_row("utility", f"{found.original.test.value:.3f}", after, "", "")
    return table


def print_front(facts: ObjectiveFacts, tried: Sequence[Tried], console: Console) -> None:
    """The candidates that no other, and not the original, beats in every metric, as they were seen in training."""
    points = [(each, _gains(facts, each)) for each in tried if each.verdict == "ok"]
    whole = [(each, gains) for each, gains in points if len(gains) == len(facts.metrics)]
    own = {metric.name: 0.0 for metric in facts.metrics}
    changes = [{one.metric.name: one.change.mean for one in gains} for _, gains in whole]
    front = pareto_front([own, *changes])
    table = new_table("Pareto front", *(escape(each.name, 30) for each in facts.metrics), console=console)
    for index in front:
        if index == 0:
            table.add_row("original", *("-" for _ in facts.metrics))
        else:
            each, gains = whole[index - 1]
            table.add_row(
                each.name, *(f"{valued(one.metric, one.after)}, {unnamed(one, interval=False)}" for one in gains)
            )
    console.print(table)


def _gains(facts: ObjectiveFacts, tried: Tried) -> list[Gain]:
    found = [gain(metric, tried.after, tried.before, seeded=facts.seeded) for metric in facts.metrics]
    return [each for each in found if each is not None]
