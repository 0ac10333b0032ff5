"""Prints how far a replay agrees with its record."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from strop.base.printing import print_result
from strop.base.terminal_text import escape
from strop.report.terminal.layout import say
from strop.runs.replay_diff import Replayed

_MOST = 20
"""Most differences that are listed; `--json` has all of them."""


@print_result.register(Replayed)
def print_replay(replayed: Replayed, console: Console) -> None:
    """Print the conclusion, then one line a difference with the recorded and the replayed value."""
    say(console, replayed.sentence)
    for difference in replayed.differences[:_MOST]:
        values = (
            f"{how} {escape(value or 'nothing', 120)}" for how, value in vars(difference).items() if how != "what"
        )
        console.print(Text(f"  {escape(difference.what, 200)}: {', '.join(values)}"), soft_wrap=True)
    if (more := len(replayed.differences) - _MOST) > 0:
        say(console, f"  and {more} more: --json")
