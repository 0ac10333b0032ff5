"""The page of a run, written into its directory at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from strop.base.errors import RunBudgetSpent
from strop.base.terminal_text import escape
from strop.cli.commands.options import OUTPUT, folder
from strop.cli.commands.output import notices
from strop.cli.commands.tracking import TrackOptions
from strop.report.terminal.live import Mode
from strop.runs.interrupts import TimeSpent
from strop.store import FILE_NAME

NO_REPORT = "STROP_NO_REPORT"


@Parameter(name="*", group=OUTPUT)
@dataclass(frozen=True, kw_only=True)
class ViewOptions(TrackOptions):
    """What is shown and recorded."""

    display: Mode = "auto"
    """While it runs: auto (a live view on a terminal, lines elsewhere), rich, plain, log (a JSON object a line), none."""
    quiet: Annotated[bool, Parameter(alias="-q", negative="", show_default=False)] = False
    """Show nothing while it runs, as --display none."""
    no_report: Annotated[bool, Parameter(negative="", show_default=False, env_var=NO_REPORT)] = False
    """Do not write report.html into the run's directory."""
    as_json: Annotated[bool, Parameter(name="--json", negative="", show_default=False)] = False
    """Print one JSON document instead of tables."""

    @property
    def shown(self) -> Mode:
        """What is shown while it runs."""
        return "none" if self.quiet else self.display


@Parameter(name="*", group=OUTPUT)
@dataclass(frozen=True, kw_only=True)
class OutputOptions(ViewOptions):
    """The same, and where the record is written."""

    out: Annotated[Path | None, Parameter(converter=folder)] = None
    """Directory of the run, empty or new; one in runs/ when not given."""


@contextmanager
def reported(directory: Path, no_report: bool) -> Iterator[None]:
    """At the end of the work inside, or where a limit ended it, write the page of the run in `directory`."""
    try:
        yield
    except (RunBudgetSpent, TimeSpent):
        keep_report(directory, no_report)
        raise
    keep_report(directory, no_report)


def keep_report(directory: Path, no_report: bool) -> None:
    """Write the page of a run into its directory. What prevents that is said in one line, and the run is none the worse."""
    if no_report or not (directory / FILE_NAME).is_file():
        return
    try:
        from strop.report.html import (
            write as writing,  # here for the start-up time: it loads matplotlib, which a run does without
        )

        path = directory / writing.FILE_NAME
        writing.write_page(writing.report_of(directory), path)
        said = f"report: {path}"
    except Exception as error:  # noqa: BLE001 - whatever it is, the run has ended well
        said = f"no report was written: {type(error).__name__}: {escape(str(error), 300)}"
    notices().print(said, markup=False, soft_wrap=True)
