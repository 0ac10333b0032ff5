"""Prints what `strop eval` and `strop score` measured: improvers by tasks (Table 1), two improvers, or one program."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console

from strop.base.pluralize import plain, quantity
from strop.base.printing import print_result
from strop.base.terminal_text import escape
from strop.report.terminal.layout import SENTENCE, look_at, print_glossary, print_head, say
from strop.report.terminal.phrases import counted, own_score_line
from strop.report.terminal.run import print_notes, print_noticed
from strop.report.terminal.tables import print_table
from strop.runs.claims.improvers import reference_name, short_name, spent_on
from strop.runs.claims.numbers import between, in_words, money, written
from strop.runs.measuring import Attempt
from strop.runs.results.measured import Measured, Measurement
from strop.runs.score import Scored
from strop.tasks.base import Split

_ABREAST = 3
"""Improvers side by side: with a task's name and u(s) they take 80 columns."""
_WIDTH = 14
"""Columns of `0.612 ± 0.010`, and of the same in ASCII."""
_SPLITS: tuple[tuple[Split, str], ...] = (("test", "held-out split"), ("train", "training split"))


@print_result.register(Measured)
def print_measured(measured: Measured, console: Console, *, full: bool = False) -> None:
    """Print the conclusion, û of every improver on the held-out split, and how improvers failed; with `full` every table."""
    print_head(measured, console)
    if measured.complete or full:
        say(console, measured.sentence, style="bold", limit=SENTENCE)
    for split, title in _SPLITS if full else _SPLITS[:1]:
        _print_table(measured, split, title, console)
    for task in measured.tasks:
        _print_metrics(measured, task, console)
    if measured.trained_on:
        say(console, "* a task that the improver was trained on")
    if measured.transfer:
        say(console, "gain over the seed solutions, on the tasks that no improver was trained on (imp@k)", style="bold")
        gains = [
            (short_name(row.improver, measured.improvers), written(row.mean, sign="+"), between(row.interval, "+"))
            for row in measured.transfer
        ]
        print_table(console, ("improver", "gain", "95% interval"), gains)
    if measured.differences and (full or measured.kind == "against"):
        _print_differences(measured, console)
    if measured.over_runs:
        over = [
            (row.task or "all tasks", row.improver, written(row.mean, sign="+"), between(row.interval, "+"), str(row.n))
            for row in measured.over_runs
        ]
        print_table(console, ("runs as the unit", "study", "difference", "95% interval", "runs"), over)
    if measured.is_of_tasks:
        print_table(console, ("tasks as the unit", "won", "lost", "tied", "p"), _task_rows(measured))
    if measured.is_of_tasks or (full and measured.kind == "against"):
        costs = ("spent", "LM\ncalls", "respon-\nses", "evalu-\nations", "tokens", "money", "failed")
        print_table(console, costs, [_spent_row(measured, name) for name in measured.improvers])
    for name, reason in measured.own_score_because.items():
        say(console, own_score_line(name, reason))
    for cell in measured.cells:
        _print_failures(cell, console)
    (print_notes if full else print_noticed)(measured.audit, console)
    say(console, f"LM cost: {measured.costs.in_words}" if measured.costs.in_words else "")
    for line in (*measured.said, measured.unknown):
        say(console, line)
    say(console, "" if full or not measured.cells else f"more: {look_at(measured.directory)}", limit=SENTENCE)
    print_glossary(console, ("û", "u(s)", "held-out", "interval", "copy") if full else ("û", "u(s)"))


def _print_table(measured: Measured, split: Split, title: str, console: Console) -> None:
    """Print u(s) of every task and û of every improver on it, as mean ± standard error."""
    improvers = measured.improvers
    say(console, f"{title}: u(s), and û over {quantity(measured.copies, 'copy')}", style="bold")
    for start in range(0, len(improvers), _ABREAST):
        abreast = improvers[start : start + _ABREAST]
        rows = [tuple(_values(measured, split, task, abreast)) for task in measured.tasks]
        names = (_folded(short_name(name, improvers)) for name in abreast)
        print_table(console, ("task", "u(s)", *names), rows)


def _print_metrics(measured: Measured, task: str, console: Console) -> None:
    """Print the metrics in their own units, for a task whose utility is relative to its seed solution."""
    rows: list[tuple[str, Mapping[str, float]]] = (
        [("u(s)", seed.test.means)] if (seed := measured.seed_solution(task)) else []
    )
    rows += [(cell.improver, cell.metrics) for cell in measured.cells if cell.task == task]
    names = list(dict.fromkeys(name for _, values in rows for name in values))
    cells = [
        (short_name(row, measured.improvers), *(plain(values[name], 6) if name in values else "-" for name in names))
        for row, values in rows
    ]
    if names:
        print_table(console, (f"{task}, held-out split", *names), cells)


def _print_differences(measured: Measured, console: Console) -> None:
    """Print the difference of every improver from the reference, with its interval."""
    say(console, f"difference from {reference_name(measured)}, held-out split", style="bold")
    print_table(console, ("task, improver", "difference", "95% interval"), _difference_rows(measured))
    compared = sum(row.interval is not None for row in measured.differences)
    if compared > 1 and measured.kind == "eval":
        say(console, f"the {compared} intervals hold together: in 95% of such tables, all of them")


def _values(measured: Measured, split: Split, task: str, improvers: Sequence[str]) -> Iterator[str]:
    """The row of a task: its name, u(s), and û of each improver."""
    seed = measured.seed_solution(task)
    yield task
    yield "-" if seed is None else f"{(seed.train if split == 'train' else seed.test).value:.3f}"
    for improver in improvers:
        cell = measured.cell(task, improver)
        sample = None if cell is None else cell.train if split == "train" else cell.test
        mark = "*" if task in measured.trained_on.get(improver, ()) else ""
        yield "-" if sample is None else in_words(sample) + mark


def _difference_rows(measured: Measured) -> Iterator[tuple[str, ...]]:
    before, digests = None, {cell.improver: cell.digest for cell in measured.cells}
    for row in measured.differences:
        if row.task != before:
            yield (row.task or "all tasks",)
        before = row.task
        is_seed = measured.kind == "eval" and digests[row.improver] == digests[row.against]
        change = "is the same" if is_seed and row.interval is None and not row.mean else written(row.mean, sign="+")
        yield "  " + short_name(row.improver, measured.improvers), change, between(row.interval, "+")


def _task_rows(measured: Measured) -> Iterator[tuple[str, ...]]:
    for row in measured.over_tasks:
        compared = (short_name(name, measured.improvers) for name in (row.improver, row.against))
        yield (" against ".join(compared), *map(str, (row.wins, row.losses, row.ties)), f"{row.p:.2g}")


def _spent_row(measured: Measured, improver: str) -> tuple[str, ...]:
    cells = [cell for cell in measured.cells if cell.improver == improver]
    counts = (spent_on(cells, field) for field in ("lm_calls", "responses", "evaluations", "tokens"))
    spent = spent_on(cells, "dollars")
    return (
        escape(improver, 40),
        *("-" if count is None else f"{count:,}" for count in counts),
        "-" if spent is None else money(spent, any(cell.is_bound for cell in cells)),
        str(sum(ending.outcome != "ok" for cell in cells for ending in cell.endings)),
    )


def _print_failures(cell: Measurement, console: Console) -> None:
    """Print how the improvements of a cell ended, with the first reason, if one of them failed."""
    failed = [ending for ending in cell.endings if ending.outcome != "ok"]
    if failed:
        ends = counted(Counter(ending.outcome for ending in cell.endings))
        reason = failed[0].detail.split("\n")[0]
        say(console, f"{cell.task}, {cell.improver}: {ends}" + (f": {reason}" if reason else ""))


def _folded(name: str) -> str:
    """A name in lines of the width of a column, broken after `_`, `-` or `/` if possible."""
    lines = [""]
    for part in re.findall(r"[^_/-]*[_/-]|[^_/-]+", name):
        if lines[-1] and len(lines[-1] + part) > _WIDTH:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


@print_result.register(Attempt)
def print_attempt(attempt: Attempt, console: Console) -> None:
    """Print a measurement's score, then which files are measured as they were at the first measurement."""
    print_score(attempt, console)
    for line in attempt.said:
        say(console, line)


@print_result.register(Scored)
def print_score(result: Scored, console: Console) -> None:
    """Print the score on one split, its verdicts, its first failure, and notes."""
    say(console, result.sentence, style="bold")
    say(console, f"{quantity(len(result.scores), 'instance')}: {counted(result.counts())}")
    if result.own_score_because:
        say(console, f"this score is the program's own: {result.own_score_because}", style="dim")
    for line in result.error.splitlines():
        say(console, line)
    for note in result.notes:
        say(console, f"note: {note}")
