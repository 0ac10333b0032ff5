"""strop export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from strop.api.lookup import find_run
from strop.base.errors import ConfigurationError
from strop.base.terminal_text import escape
from strop.cli.commands.options import Run
from strop.cli.commands.output import notify
from strop.report.export.export import FORMS, export, follow
from strop.report.tracking import LIBRARIES, checked, sent
from strop.runs.options import Switch
from strop.runs.reading import reading
from strop.store import is_locked

TIME_LIMIT = 3600.0
"""Seconds until a tracker must have received a record."""


def export_command(
    run: Run = None,
    /,
    *,
    to: str,
    out: Annotated[Path | None, Parameter(name=("--out", "-o"), allow_leading_hyphen=True)] = None,
    texts: Literal["full", "digests"] = "full",
    follow_run: Annotated[bool, Switch, Parameter(name="--follow")] = False,
    force: Annotated[bool, Switch] = False,
) -> int:
    """Write a run in another format, or send it to a tracker.

    A running run can be written as far as it is recorded, but not sent.

    Parameters
    ----------
    to
        Format jsonl, csv or figures; or tracker mlflow or wandb. In jsonl every event is a line; csv is a folder of
        tables of evaluations, calls, iterations, audit and texts; figures are those of the report, as SVG. A tracker receives
        settings, figures by iteration and the best improver.
    out
        File or folder to write, in the run's directory by default. `-` is standard output, for jsonl.
    texts
        full: with programs, prompts and responses; digests: without.
    follow_run
        With jsonl: write each event as it is recorded, to standard output or to a new file, until the run ends.
    force
        Overwrite an existing export.
    """
    if to not in FORMS:
        _check_tracker(to, for_files=out is not None or force or follow_run)
        return _send(find_run(run), to)
    if follow_run and (to != "jsonl" or force):
        raise ConfigurationError("--follow requires --to jsonl, and writes to standard output or a new file")
    directory = find_run(run)
    with reading(directory):
        if follow_run:
            lines = follow(directory, out, texts=texts == "full")
        else:
            lines = export(directory, to, out or directory / FORMS[to], texts=texts == "full", force=force)
    for line in lines:
        notify(escape(line, 2000))
    return 0


def _check_tracker(name: str, *, for_files: bool) -> None:
    if name not in LIBRARIES:
        raise ConfigurationError(f"--to {name}: choose {', '.join((*FORMS, *LIBRARIES))}")
    if for_files:
        raise ConfigurationError(f"--out, --follow and --force are for files; --to {name} sends the run to a tracker")
    checked([name])


def _send(directory: Path, name: str) -> int:
    """Send a tracker what it does not have yet."""
    if is_locked(directory):
        raise ConfigurationError(f"{directory} is still running; send it after it has ended")
    with sent(directory, [name], seconds=TIME_LIMIT) as whole:
        pass
    if not whole:
        return 1
    notify(f"{name} has the whole of {directory}")
    return 0
