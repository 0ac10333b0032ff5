"""The score of one program on one split, for people."""

from __future__ import annotations

from rich.console import Console

from strop.base.pluralize import quantity
from strop.base.shown import print_result
from strop.report.terminal.layout import say
from strop.report.terminal.words import counted
from strop.runs.results.scored import Scored


@print_result.register(Scored)
def print_score(result: Scored, console: Console) -> None:
    """The score on one split, its verdicts, its first failure, and notes."""
    say(console, result.sentence, style="bold")
    say(console, f"{quantity(len(result.scores), 'instance')}: {counted(result.counts())}")
    if result.unproven_because:
        say(console, f"{result.unproven_because}: the score proves nothing", style="dim")
    for line in result.error.splitlines():
        say(console, line)
    for note in result.notes:
        say(console, f"note: {note}")
