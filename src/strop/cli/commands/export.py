"""strop export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from strop.base.terminal_text import escape
from strop.cli.commands.apply import Yes
from strop.cli.commands.finding import find_run
from strop.cli.commands.output import notices, reading
from strop.report.export.export import FORMS, export


def export_command(
    run: Path | None = None,
    /,
    *,
    to: Literal["jsonl", "csv", "parquet", "figures", "inspect"],
    out: Annotated[Path | None, Parameter(name=("--out", "-o"), allow_leading_hyphen=True)] = None,
    texts: Literal["full", "digests"] = "full",
    force: Yes = False,
) -> int:
    """Write a run in the form of another program; what is there of it, where it goes on or was stopped.

    Parameters
    ----------
    run
        Directory of the run, or the end of its name; the newest in `runs` when not given.
    to
        jsonl: every event as a line; csv or parquet: tables of evaluations, calls, iterations, audit and texts; figures: those
        of the report, as SVG and PNG; inspect: a log of inspect-ai, for its viewer.
    out
        The file or the folder; in the run's directory when not given. `-` is standard output, for jsonl.
    texts
        digests: without programs, prompts, answers, and what may quote one.
    force
        Write over an export that is there already.
    """
    directory = find_run(run)
    path = out or directory / FORMS[to]
    with reading(directory):
        done = export(directory, to, path, texts=texts == "full", force=force)
    for line in done:
        notices().print(escape(line, 2000), markup=False, soft_wrap=True)
    return 0
