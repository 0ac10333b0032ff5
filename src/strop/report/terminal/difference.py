"""Diffs, and how far a replay agrees with its record."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from strop.base.pluralize import quantity
from strop.base.shown import print_result
from strop.base.terminal_text import escape
from strop.report.terminal.layout import say
from strop.report.terminal.tables import fitting
from strop.runs.replay_diff import Replayed

_LONGEST = 2_000
"""Characters of a line that are shown."""
_MOST = 20
"""Differences that are listed; the document has them all."""
_STYLES = {"-": "red", "+": "green", "@": "cyan"}


def print_diff(diff: str, console: Console, most: int | None = None) -> None:
    """A unified diff, escaped; its first `most` lines."""
    lines = diff.removesuffix("\n").split("\n") if diff else []
    for line in lines[:most]:
        text = fitting(console, escape(line, _LONGEST))
        console.print(Text(text, style=_STYLES.get(line[:1], "")), soft_wrap=True)
    if most is not None and len(lines) > most:
        say(console, f"... {quantity(len(lines) - most, 'more line')}")


@print_result.register(Replayed)
def print_replay(replayed: Replayed, console: Console) -> None:
    """The conclusion, then a line for each difference, as recorded and as replayed."""
    say(console, replayed.sentence)
    for one in replayed.differences[:_MOST]:
        values = (f"{how} {escape(value or 'nothing', 120)}" for how, value in vars(one).items() if how != "what")
        console.print(Text(f"  {escape(one.what, 200)}: {', '.join(values)}"), soft_wrap=True)
    if (more := len(replayed.differences) - _MOST) > 0:
        say(console, f"  and {more} more: --json")
