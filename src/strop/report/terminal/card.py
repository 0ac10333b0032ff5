"""The card of a trained improver: for people, and as a document."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from strop.base.errors import dollars
from strop.report.terminal.tables import fitting, new_table, say
from strop.report.terminal.words import NAMED_BY, escape, notice_of, quantity
from strop.runs.improver_card import Figure, ImproverCard
from strop.tasks.command.task import SHARED_JAIL


def card_document(card: ImproverCard) -> dict[str, Any]:
    """The card as it stands in a document."""
    return asdict(card)


def print_card(card: ImproverCard, console: Console) -> None:
    """What the improver was trained on, at what cost, and what it reaches."""
    say(console, notice_of(card.model, card.is_language_model), style="bold yellow")
    say(console, f"improver {card.digest[:NAMED_BY]}: {card.strategy}", style="bold")
    say(console, f"trained {card.trained} by strop {card.strop} with {card.model}, seed {card.seed}, in {card.run}")
    how = f"{quantity(card.iterations, 'iteration')}, {card.selection} selection, {quantity(card.copies, 'copy')} of each task"
    say(console, f"{how}; it began with {card.start} ({card.start_digest[:NAMED_BY]})")
    if card.iteration == 0:
        say(console, "training found nothing better: this is the improver that it began with")
    else:
        say(console, f"this is what iteration {card.iteration} made")
    say(console, "it cost " + _cost(card))
    table = new_table("sealed test split", "û", "began with", console=console)
    for task in card.tasks:
        table.add_row(Text(escape(task.name)), f"{task.improver:.3f}", f"{task.start:.3f}")
    if len(card.tasks) > 1:
        table.add_row("all", f"{card.improver.mean:.3f}", f"{card.began_with.mean:.3f}")
    console.print(table)
    for words, figure in (("û", card.improver), ("began with", card.began_with), ("difference", card.difference)):
        say(console, fitting(console, f"{words}: {_figure(figure, signed=words == 'difference')}"))
    shared = [task.name for task in card.tasks if task.shares_jail]
    if shared:
        say(console, f"{', '.join(shared)}: {SHARED_JAIL}")
    if not card.audit:
        say(console, "the audit finds nothing in its text")
    for each in card.audit:
        say(console, f"audit {each.rule}, line {each.line}: {each.title}")


def _figure(figure: Figure, *, signed: bool) -> str:
    sign = "+" if signed else ""
    value = f"{figure.mean:{sign}.3f}"
    if figure.low is None or figure.high is None:
        return value
    return f"{value} (95% interval {figure.low:{sign}.3f} to {figure.high:{sign}.3f})"


def _cost(card: ImproverCard) -> str:
    parts = [quantity(card.lm_calls, "LM call"), quantity(card.responses, "response")]
    if card.tokens is not None:
        parts.append(quantity(card.tokens, "token"))
    if card.dollars is not None:
        parts.append(dollars(round(card.dollars * 1e9)))
    return ", ".join(parts)
