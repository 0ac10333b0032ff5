"""What `strop list` prints of improvers and runs."""

from __future__ import annotations

import time

from rich.console import Console
from rich.text import Text

from strop.base.printing import print_result
from strop.base.terminal_text import escape
from strop.report.terminal.layout import print_installed, print_whole, say
from strop.report.terminal.tables import fitting, print_table
from strop.runs.claims.numbers import money
from strop.runs.results.listings import ImproverProgram, Improvers, Runs


@print_result.register(Improvers)
def print_improvers(found: Improvers, console: Console) -> None:
    """One row an improver."""
    print_table(console, ("improver", "idea"), [(one.improver, one.idea) for one in found.improvers])
    print_installed(found.installed, console)
    console.print()
    say(console, "strop list improvers NAME prints the program of one.")


@print_result.register(ImproverProgram)
def print_improver(found: ImproverProgram, console: Console) -> None:
    """The program alone, so that what is printed is an improver."""
    print_whole(console, found.program)


@print_result.register(Runs)
def print_runs(found: Runs, console: Console, *, now: float | None = None) -> None:
    """The runs of a directory, each on one line whose name is never broken, and below them why one cannot be read."""
    listings, now = found.runs, time.time() if now is None else now
    if not listings:
        say(console, f"no run in {found.folder}/")
        return
    rows = [("run", "command", "status", "score", "cost", "age")]
    rows += [
        (
            escape(one.run.name),
            escape(one.command) or "-",
            escape(one.status),
            "-" if one.score is None else f"{one.score:.3f}",
            "-" if one.cost is None else money(one.cost, one.is_bound),
            "-" if one.started is None else _age(now - one.started),
        )
        for one in listings
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if console.is_terminal and sum(widths) + 2 * len(widths) - 2 > console.width:
        print_table(console, rows[0], rows[1:])
        rows = []
    for number, row in enumerate(rows):
        cells = [
            cell.ljust(width) if at < 3 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        console.print(Text(fitting(console, "  ".join(cells)), style="" if number else "bold"), soft_wrap=True)
    for one in listings:
        say(console, one.detail)


def _age(seconds: float) -> str:
    """How long ago: `40 s`, `12 min`, `5 h`, `3 d`."""
    for least, unit, name in ((86400 * 2, 86400, "d"), (7200, 3600, "h"), (120, 60, "min")):
        if seconds >= least:
            return f"{seconds // unit:.0f} {name}"
    return f"{max(seconds, 0):.0f} s"
