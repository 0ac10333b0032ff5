"""strop report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from strop.cli.commands.finding import find_run
from strop.cli.commands.output import notices
from strop.report.html.write import FILE_NAME, SEVERAL, report_of, write_page


def report_command(
    *runs: Path,
    out: Annotated[Path | None, Parameter(name=("--out", "-o"))] = None,
) -> int:
    """Write a run as one HTML file, which needs nothing else: open it in any browser, or send it to somebody.

    It holds every prompt, answer and program of the run, and the paths that its recipe names.

    Parameters
    ----------
    runs
        Directory of the run, or the end of its name; the newest in `runs` when not given. Several are compared with the first.
    out
        The file; when not given, report.html in the run's directory, or comparison.html in that of the first of several.
    """
    first, *others = [find_run(run) for run in runs] or [find_run(None)]
    path = out or first / (SEVERAL if others else FILE_NAME)
    write_page(report_of(first, *others), path)
    notices().print(f"report: {path}", markup=False, soft_wrap=True)
    return 0
