"""Prints the result of `strop compare --suite`."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from strop.base.printing import print_result
from strop.base.terminal_text import escape
from strop.report.terminal.improvement import print_facts
from strop.report.terminal.layout import SENTENCE, look_at, near, print_head, say
from strop.runs.results.suite import COLUMNS, ROWS, ComparedSuite, cells
from strop.runs.run_directory import ways_on


@print_result.register(ComparedSuite)
def print_suite(suite: ComparedSuite, console: Console, *, full: bool = False) -> None:
    """Print the first line, a row for each scenario, and what stands behind them."""
    print_head(suite, console)
    say(console, suite.sentence, style="bold", limit=SENTENCE)
    rows = suite.shown if full else suite.shown[:ROWS]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    widest = max((len(one.name) for one in rows), default=0)
    for number, column in enumerate(COLUMNS):  # words of the others may be wrapped, parts of a name should not be
        table.add_column(column, overflow="fold", width=None if number else min(widest, console.width // 3))
    for one in rows:
        table.add_row(*(Text(escape(text, 120)) for text in (one.name, *cells(one))))
    if rows:
        console.print(table)
    if more := len(suite.shown) - len(rows):
        say(console, f"and {more} more: strop show --full")
    print_facts(suite.details, console)
    if suite.status not in ("finished", "running"):
        for line in ways_on(near(suite.directory), suite.kind, ""):
            say(console, line)
    say(console, "" if full else f"more: {look_at(suite.directory)}", limit=SENTENCE)
