"""strop export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from strop.base.errors import ConfigurationError
from strop.base.terminal_text import escape
from strop.options.commands import Run
from strop.options.run import Switch

TIME_LIMIT = 3600.0
"""Seconds until a tracker must have received a record."""


def export_command(
    run: Run = None,
    /,
    *,
    to: str | None = None,
    out: Annotated[Path | None, Parameter(name=("--out", "-o"), allow_leading_hyphen=True)] = None,
    texts: Literal["full", "digests"] = "full",
    force: Annotated[bool, Switch] = False,
) -> int:
    """Write a run as JSON lines, one event a line, as far as it is recorded; or send it to a tracker after it has ended.

    Parameters
    ----------
    to
        Tracker mlflow or wandb, which receives settings, figures by iteration and totals.
    out
        File to write, events.jsonl in the run's directory by default. `-` is standard output.
    texts
        full: with programs, prompts and responses; digests: without.
    force
        Overwrite an existing file.
    """
    from strop.api.lookup import find_run
    from strop.cli.commands.output import notify
    from strop.report.export import FILE_NAME, export
    from strop.report.track import check_trackers

    if to is not None:
        if out is not None or force:
            raise ConfigurationError(f"--out and --force are for a file; --to {to} sends the run to a tracker")
        check_trackers([to])
        return _send(find_run(run), to)
    directory = find_run(run)
    for line in export(directory, out or directory / FILE_NAME, texts=texts == "full", force=force):
        notify(escape(line, 2000))
    return 0


def _send(directory: Path, tracker: str) -> int:
    """Send a run to a tracker."""
    from strop.cli.commands.output import notify
    from strop.report.track import sent
    from strop.store import is_locked

    if is_locked(directory):
        raise ConfigurationError(f"{directory} is still running; send it after it has ended")
    problems: list[str] = []
    with sent(directory, [tracker], problems.append, TIME_LIMIT):
        pass
    for line in problems or [f"{tracker} has the whole of {directory}"]:
        notify(line)
    return len(problems)
