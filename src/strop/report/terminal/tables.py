"""Tables for people: the end of a run, a stored run, the runs of a directory, one score.

Tables are legible at 80 columns, without colour and in a pipe, where a sentence is one line. Every function prints to the given
console; what a program or a model wrote is shown through `escape` only. Not here: numbers for programs (documents).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from strop.analysis.stats import mean
from strop.base.events import IterationFinished
from strop.report.terminal.documents import ScoreResult
from strop.report.terminal.narration import tally
from strop.report.terminal.notes import Noted, noted
from strop.report.terminal.words import (
    NAMED_BY,
    counted,
    duration,
    escape,
    of_tasks,
    over_tasks,
    quantity,
    ruled,
    with_error,
)
from strop.runs.listing import RunListing
from strop.runs.run_data import RunData

SENTENCE = 2000
"""Characters of what a command came to, at most."""
_LONG = ("verdicts", "run", "task", "the program", "audit")
"""Columns that fold where the console is narrow; figures never do."""


def print_run(
    run: RunData, console: Console, *, notice: str = "", tasks: str = "", came_to: Sequence[str] = ()
) -> None:
    """The iterations of a run, what it spent, and how it ended.

    `notice` stands above: that no language model was used. `came_to`: its sentence, and what is to be said with it. A record of
    another kind, which has no iterations, is told by its `tasks`.
    """
    recipe = [tasks or str(run.recipe.get("task", "")), *map(str, run.recipe.get("further_tasks", ()))]
    recipe.append(str(run.recipe.get("model", "")))
    status = run.status if run.end else "has not ended"
    say(console, notice, style="bold yellow")
    for number, line in enumerate(came_to):
        say(console, line, style="" if number else "bold", limit=SENTENCE)
    say(console, ", ".join([*filter(None, recipe), status, duration(run.seconds)]))
    if not tasks:
        print_iterations(run.iterations, console)
    print_notes(noted(run.notes), console)
    say(console, tally(run))


def print_iterations(iterations: Sequence[IterationFinished], console: Console) -> None:
    """One row an iteration t, from its outline: û of I_t on both splits (mean ± standard error), and its cost."""
    table = new_table(
        "t", "accepted", "train û", "test û", "LM\ncalls", "evalu-\nations", "verdicts", "wall\ntime", console=console
    )
    for column in (0, 4, 5, 7):
        table.columns[column].justify = "right"
    sign = sign_of(console)
    for event in iterations:
        table.add_row(
            str(event.t),
            "-" if event.t == 0 else "yes" if event.accepted else "no",
            over_tasks(event.train, event.tasks, sign),
            over_tasks(event.test, event.tasks, sign),
            str(event.lm_calls),
            str(event.evaluations),
            Text(escape(counted(event.verdicts)).replace(", ", "\n")),
            duration(event.seconds),
        )
    console.print(table)
    _print_tasks(iterations, console)
    for event in iterations:
        if event.t > 0 and not event.accepted:
            say(console, f"t = {event.t}: the improver stays: {event.reason}" if event.reason else "")
    if iterations:
        say(console, f"I_{iterations[-1].t} is {iterations[-1].improver[:NAMED_BY]}")


def _print_tasks(iterations: Sequence[IterationFinished], console: Console) -> None:
    """û of each I_t on each task, where there are several."""
    if not any(event.tasks for event in iterations):
        return
    table, sign = new_table("t", "task", "train û", "test û", console=console), sign_of(console)
    table.columns[0].justify = "right"
    for event in iterations:
        each = zip(event.tasks, of_tasks(event.train, event.tasks), of_tasks(event.test, event.tasks), strict=True)
        for number, (task, train, test) in enumerate(each):
            shown = Text(escape(task))
            table.add_row("" if number else str(event.t), shown, with_error(train, sign), with_error(test, sign))
    console.print(table)


def print_notes(rows: Sequence[Noted], console: Console) -> None:
    """What the audit noted, one row a rule; nothing where it noted nothing."""
    if not rows:
        return
    table = new_table("audit", "the program", "source", "times", console=console)
    table.columns[3].justify = "right"
    for row in rows:
        what = ruled(row.title, row.unsandboxing)
        table.add_row(Text(escape(row.rule, 24)), Text(fitting(console, what)), row.told_by, str(row.times))
    console.print(table)
    say(console, "audit notes inform only: no score depends on one", style="dim")


def print_runs(listings: Sequence[RunListing], console: Console, now: float | None = None) -> None:
    """The runs of a directory, each on one line whose name is never broken, and below them why one cannot be read."""
    now = time.time() if now is None else now
    rows = [("run", "command", "status", "score", "cost", "age")]
    rows += [
        (
            escape(run.directory.name),
            escape(run.kind) or "-",
            escape(run.status),
            "-" if run.score is None else f"{run.score:.3f}",
            "-" if run.cost is None else f"${run.cost:.2f}",
            "-" if run.started is None else _age(now - run.started),
        )
        for run in listings
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        cells = [
            cell.ljust(width) if at < 3 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        console.print(Text(fitting(console, "  ".join(cells)), style="" if number else "bold"), soft_wrap=True)
    for run in listings:
        say(console, run.detail)


def _age(seconds: float) -> str:
    """How long ago: `40 s`, `12 min`, `5 h`, `3 d`."""
    for least, unit, name in ((86400 * 2, 86400, "d"), (7200, 3600, "h"), (120, 60, "min")):
        if seconds >= least:
            return f"{seconds // unit:.0f} {name}"
    return f"{max(seconds, 0):.0f} s"


def print_score(result: ScoreResult, console: Console) -> None:
    """What a solution is worth on one split, what it was measured to be, its verdicts, its first failure, and notes."""
    say(console, result.sentence, style="bold")
    say(console, f"{quantity(len(result.instances), 'instance')}: {counted(result.verdicts)}")
    for name in dict.fromkeys(name for values in result.metrics for name in values):
        found, original = (_mean_of(each, name) for each in (result.metrics, result.beside))
        if found is not None:
            say(console, f"{name}: {found:.6g}" + ("" if original is None else f" (the original {original:.6g})"))
    for line in result.error.splitlines():
        say(console, line)
    for note in result.notes:
        say(console, f"note: {note}")


def _mean_of(measured: Sequence[Mapping[str, float]], name: str) -> float | None:
    values = [each[name] for each in measured if name in each]
    return mean(values) if values else None


def new_table(*headers: str, console: Console) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    for header in headers:
        table.add_column(fitting(console, header), overflow="fold", no_wrap=header not in _LONG)
    return table


def say(console: Console, text: str, style: str = "", limit: int = 400) -> None:
    """A sentence: folded between words on a terminal, one whole line elsewhere, so that `grep` finds all of it."""
    if text:
        console.print(Text(fitting(console, escape(text, limit)), style=style), soft_wrap=not console.is_terminal)


def sign_of(console: Console) -> str:
    return fitting(console, "±")


def fitting(console: Console, text: str) -> str:
    """`text` in characters that the console's encoding has."""
    replaced = text if console.encoding.startswith("utf") else text.replace("±", "+-").replace("û", "u^")
    return replaced.encode(console.encoding, "backslashreplace").decode(console.encoding)
