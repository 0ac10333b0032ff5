"""How far a replay agrees with its record."""

from __future__ import annotations

from collections import Counter

from rich.console import Console

from strop.base.shown import print_result
from strop.base.terminal_text import escape
from strop.report.terminal.layout import say
from strop.runs.replay_diff import Replayed

_MOST = 10
"""Differences that are listed; the document has them all."""


@print_result.register(Replayed)
def print_replay(replayed: Replayed, console: Console) -> None:
    """The conclusion, then each event that differs, as recorded and as replayed."""
    say(console, replayed.sentence)
    for one in replayed.differences[:_MOST]:
        say(console, f"  {one.kind} at {one.scope or 'the run'}")
        say(console, f"    recorded: {escape(one.first or 'nothing', 300)}")
        say(console, f"    replayed: {escape(one.second or 'nothing', 300)}")
    if more := Counter(one.kind for one in replayed.differences[_MOST:]):
        say(console, "  and " + ", ".join(f"{count} {kind}" for kind, count in more.most_common()))
