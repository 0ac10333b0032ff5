"""Two improvers compared: as tables and one sentence, and as a document."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from strop.base.errors import dollars
from strop.report.terminal.documents import SCHEMA_VERSION
from strop.report.terminal.glossary import print_glossary
from strop.report.terminal.tables import SENTENCE, new_table, say
from strop.report.terminal.words import escape, notice_of
from strop.runs.compare import Comparison, Difference, Side
from strop.tasks.command.task import SHARED_JAIL


def comparison_document(found: Comparison) -> dict[str, Any]:
    """What `strop eval A --against B --json` prints."""
    return {"schema_version": SCHEMA_VERSION, **asdict(found)}


def print_comparison(found: Comparison, console: Console) -> None:
    """û of both on every task, what each spent, and the verdict."""
    say(console, notice_of(found.model, found.is_language_model), style="bold yellow")
    say(console, found.sentence, style="bold", limit=SENTENCE)
    names = [Text(escape(side.name, 40)) for side in (found.first, found.second)]
    table = new_table("sealed test split", "first û", "second û", "difference", "95% interval", console=console)
    table.columns[0].no_wrap = False
    for each in (*found.tasks, *([found.difference] if len(found.tasks) > 1 else [])):
        table.add_row(Text(escape(each.task) or "all"), *_figures(each))
    say(console, f"first: {found.first.name}; second: {found.second.name}")
    console.print(table)
    cost = new_table(
        "spent", "LM\ncalls", "respon-\nses", "evalu-\nations", "tokens", "money", "failed", console=console
    )
    for name, side in zip(names, (found.first, found.second), strict=True):
        cost.add_row(name, *_spent(side))
    for column in cost.columns[1:]:
        column.justify = "right"
    console.print(cost)
    if found.share_jail:
        say(console, f"{', '.join(found.share_jail)}: {SHARED_JAIL}")
    print_glossary(console, ("û", "sealed", "copy"))


def _figures(each: Difference) -> list[str]:
    interval = "-" if each.interval is None else "{:+.3f} to {:+.3f}".format(*each.interval)
    return [f"{each.first:.3f}", f"{each.second:.3f}", f"{each.mean:+.3f}", interval]


def _spent(side: Side) -> list[str]:
    spent = side.spent
    return [
        str(spent.lm_calls),
        str(spent.responses),
        str(spent.evaluations),
        "-" if spent.tokens is None else f"{spent.tokens:,}",
        "-" if spent.dollars is None else dollars(round(spent.dollars * 1e9)),
        str(side.failed),
    ]
