"""Prints the lists of improvers and runs, for `strop list`."""

from __future__ import annotations

import time

from rich.console import Console
from rich.text import Text

from strop.base.printing import print_result
from strop.base.terminal_text import escape
from strop.report.terminal.layout import print_installed, print_verbatim, say
from strop.report.terminal.tables import fitting, print_table
from strop.runs.claims.numbers import money
from strop.runs.results.listings import ImproverProgram, Improvers, Runs


@print_result.register(Improvers)
def print_improvers(improvers: Improvers, console: Console) -> None:
    """Print one row an improver, then the installed ones."""
    print_table(console, ("improver", "idea"), [(improver.improver, improver.idea) for improver in improvers.improvers])
    print_installed(improvers.installed, console)
    console.print()
    say(console, "strop list improvers NAME prints the program of one.")


@print_result.register(ImproverProgram)
def print_improver(improver: ImproverProgram, console: Console) -> None:
    """Print the program and nothing else, so that the output is an improver that can be run."""
    print_verbatim(console, improver.program)


@print_result.register(Runs)
def print_runs(runs: Runs, console: Console, *, now: float | None = None) -> None:
    """Print one row a run of a directory, without breaking its name, then why a run cannot be read."""
    listings, now = runs.runs, time.time() if now is None else now
    if not listings:
        say(console, f"no run in {runs.folder}/")
        return
    rows = [("run", "command", "status", "score", "cost", "age")]
    rows += [
        (
            escape(listing.run.name),
            escape(listing.command) or "-",
            escape(listing.status),
            "-" if listing.score is None else f"{listing.score:.3f}",
            "-" if listing.cost is None else money(listing.cost, listing.is_bound),
            "-" if listing.started is None else _age(now - listing.started),
        )
        for listing in listings
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if console.is_terminal and sum(widths) + 2 * len(widths) - 2 > console.width:
        print_table(console, rows[0], rows[1:])
        rows = []
    for number, row in enumerate(rows):
        cells = [
            cell.ljust(width) if position < 3 else cell.rjust(width)
            for position, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        console.print(Text(fitting(console, "  ".join(cells)), style="" if number else "bold"), soft_wrap=True)
    for listing in listings:
        say(console, listing.detail)


def _age(seconds: float) -> str:
    """How long ago: `40 s`, `12 min`, `5 h`, `3 d`."""
    for least, unit, name in ((86400 * 2, 86400, "d"), (7200, 3600, "h"), (120, 60, "min")):
        if seconds >= least:
            return f"{seconds // unit:.0f} {name}"
    return f"{max(seconds, 0):.0f} s"
