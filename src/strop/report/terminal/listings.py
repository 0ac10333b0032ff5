"""What `strop list` prints of improvers and of installed distributions."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from strop.base.plugins import Installed
from strop.base.shown import print_result
from strop.report.terminal.layout import print_whole, say
from strop.report.terminal.tables import print_table
from strop.runs.results.listings import ImproverProgram, Improvers


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


def print_installed(plugins: Sequence[Installed], console: Console) -> None:
    """The entry points of installed distributions, which are not loaded; nothing if there are none."""
    if plugins:
        console.print()
        rows = [
            (one.name, one.distribution, f"not used: {one.not_used}" if one.not_used else one.value) for one in plugins
        ]
        print_table(console, ("installed", "distribution", "what"), rows)
