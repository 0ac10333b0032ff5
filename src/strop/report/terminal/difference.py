"""How far a replay agrees with its record."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from strop.base.printing import print_result
from strop.base.terminal_text import escape
from strop.report.terminal.layout import say
from strop.runs.replay_diff import Replayed

_MOST = 20
"""Differences that are listed; the document has them all."""


@print_result.register(Replayed)
def print_replay(replayed: Replayed, console: Console) -> None:
    """The conclusion, then a line for each difference, as recorded and as replayed."""
    say(console, replayed.sentence)
    for one in replayed.differences[:_MOST]:
        values = (f"{how} {escape(value or 'nothing', 120)}" for how, value in vars(one).items() if how != "what")
        console.print(Text(f"  {escape(one.what, 200)}: {', '.join(values)}"), soft_wrap=True)
    if (more := len(replayed.differences) - _MOST) > 0:
        say(console, f"  and {more} more: --json")
