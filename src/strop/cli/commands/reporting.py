"""The page of a run, written into its directory at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from strop.base.errors import RunBudgetSpent
from strop.base.terminal_text import escape
from strop.cli.commands.options import OUTPUT
from strop.cli.commands.output import notices
from strop.runs.interrupts import TimeSpent
from strop.store import FILE_NAME

NO_REPORT = "STROP_NO_REPORT"
"""In the environment, not empty: no run writes its page."""
NoReport = Annotated[
    bool,
    Parameter(
        name="--no-report",
        group=OUTPUT,
        negative="",
        show_default=False,
        help=f"Do not write report.html into the run's directory; {NO_REPORT}=1 in the environment does the same.",
    ),
]


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
    if no_report or os.environ.get(NO_REPORT) or not (directory / FILE_NAME).is_file():
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
