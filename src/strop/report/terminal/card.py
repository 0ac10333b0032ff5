"""The card of a trained improver: for people, and as a document."""

from __future__ import annotations

from rich.console import Console

from strop.base.errors import dollars
from strop.base.pluralize import quantity
from strop.base.solution import NAMED_BY
from strop.report.terminal.layout import say
from strop.report.terminal.tables import print_table
from strop.report.terminal.words import notice_of, own_score_line
from strop.runs.claims.numbers import interval_in_brackets
from strop.runs.improver_card import Figure, ImproverCard


def print_card(card: ImproverCard, console: Console) -> None:
    """What the improver was trained on, at what cost, and its û."""
    say(console, notice_of(card.model, card.is_language_model), style="bold yellow")
    say(console, f"improver {card.digest[:NAMED_BY]}" + (f": {card.idea}" if card.idea else ""), style="bold")
    say(console, f"trained {card.trained} by strop {card.strop} with {card.model}, seed {card.seed}, in {card.run}")
    copies = f"{quantity(card.copies, 'copy')} of each task"
    method = f"{quantity(card.iterations, 'iteration')}, {card.selection} selection, {copies}"
    say(console, f"{method}; it began with {card.start} ({card.start_digest[:NAMED_BY]})")
    if card.iteration == 0:
        say(console, "training found nothing better: this is the improver that it started from")
    else:
        say(console, f"iteration {card.iteration} made this improver")
    say(console, "it cost " + _cost(card))
    rows = [(task.name, f"{task.improver:.3f}", f"{task.start:.3f}") for task in card.tasks]
    if len(card.tasks) > 1:
        rows.append(("all", f"{card.improver.mean:.3f}", f"{card.began_with.mean:.3f}"))
    print_table(console, ("test split", "û", "began with"), rows)
    say(console, f"û: {_figure(card.improver)}")
    say(console, f"began with: {_figure(card.began_with)}")
    say(console, f"difference: {_figure(card.difference, '+')}")
    for task in card.tasks:
        if task.own_score_because:
            say(console, own_score_line(task.name, task.own_score_because))
    if not card.audit:
        say(console, "the audit has no finding in its text")
    for finding in card.audit:
        say(console, f"audit {finding.rule}, line {finding.line}: {finding.title}")


def _figure(figure: Figure, sign: str = "") -> str:
    interval = None if figure.low is None or figure.high is None else (figure.low, figure.high)
    return f"{figure.mean:{sign}.3f}{interval_in_brackets(interval, sign)}"


def _cost(card: ImproverCard) -> str:
    parts = [quantity(card.lm_calls, "LM call"), quantity(card.responses, "response")]
    if card.tokens is not None:
        parts.append(quantity(card.tokens, "token"))
    if card.dollars is not None:
        parts.append(dollars(round(card.dollars * 1e9)))
    return ", ".join(parts)
