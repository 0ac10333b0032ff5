"""What changed from one program of a record to another, diffs, and how far a replay agrees with its record."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.text import Text

from strop.base.pluralize import quantity
from strop.base.shown import print_result
from strop.base.solution import NAMED_BY
from strop.base.terminal_text import escape
from strop.report.terminal.layout import say
from strop.report.terminal.tables import fitting
from strop.runs.claims.numbers import over_tasks
from strop.runs.replay_diff import Replayed
from strop.runs.results.program_difference import NamedProgram, ProgramDifference

_LONGEST = 2_000
"""Characters of a line that are shown."""
_MOST = 10
"""Differences that are listed; the document has them all."""
_STYLES = {"-": "red", "+": "green", "@": "cyan"}


@print_result.register(ProgramDifference)
def print_difference(difference: ProgramDifference, console: Console) -> None:
    """Both programs, the change in score, and the diff."""
    for sign, program in (("-", difference.a), ("+", difference.b)):
        say(console, f"{sign} {_described(program)}", style="bold")
        if program.search is not None:
            say(console, escape(program.search.idea, _LONGEST))
            say(console, program.search.behaviour.in_words() if program.search.behaviour else "")
    say(console, f"score: {difference.sentence}" if difference.sentence else "")
    if difference.equal:
        say(console, "both are the same program")
        return
    say(console, f"{quantity(difference.added, 'line')} added, {difference.removed} removed")
    print_diff(difference.diff, console)


def _described(program: NamedProgram) -> str:
    digest = program.digest[:NAMED_BY]
    name = program.name if digest in program.name else f"{program.name}, {digest}"
    if program.search is None:
        return name
    facts = []
    if program.train:
        facts.append(f"train {over_tasks(program.train, program.tasks)}")
    if program.test:
        facts.append(f"test {over_tasks(program.test, program.tasks)}")
    return f"{name}: {', '.join(facts)}" if facts else name


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
    """The conclusion, then each event that differs, as recorded and as replayed."""
    say(console, replayed.sentence)
    for one in replayed.differences[:_MOST]:
        say(console, f"  {one.kind} at {one.scope or 'the run'}")
        say(console, f"    recorded: {escape(one.first or 'nothing', 300)}")
        say(console, f"    replayed: {escape(one.second or 'nothing', 300)}")
    if more := Counter(one.kind for one in replayed.differences[_MOST:]):
        say(console, "  and " + ", ".join(f"{count} {kind}" for kind, count in more.most_common()))
