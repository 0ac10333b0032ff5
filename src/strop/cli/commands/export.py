"""strop export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from strop.api.lookup import find_run
from strop.base.errors import ConfigurationError
from strop.base.terminal_text import escape
from strop.cli.commands.output import notify, reading
from strop.report.export.export import FORMS, export
from strop.report.tracking import JSON_LINES, LIBRARIES, Notebook, mirrored, parsed
from strop.runs.options import Switch
from strop.store import is_locked

TIME_LIMIT = 3600.0
"""Seconds until a tracker must have received a record."""


def export_command(
    run: Path | None = None,
    /,
    *,
    to: str,
    out: Annotated[Path | None, Parameter(name=("--out", "-o"), allow_leading_hyphen=True)] = None,
    texts: Literal["full", "digests"] | None = None,
    force: Annotated[bool, Switch] = False,
) -> int:
    """Write a run in another format, or send it to a tracker.

    A running run can be written as far as it is recorded, but not sent.

    Parameters
    ----------
    run
        Directory of the run, or the end of its name. The newest in runs/ by default.
    to
        Format jsonl, csv or figures; or tracker mlflow, wandb or jsonl:FILE. In jsonl every event is a line; csv is a folder of
        tables of evaluations, calls, iterations, audit and texts; figures are those of the report, as SVG. A tracker receives
        what it does not have yet.
    out
        File or folder to write, in the run's directory by default. `-` is standard output, for jsonl.
    texts
        full: with programs, prompts and responses; digests: without. Formats default to full; trackers to the --track-content of
        the run, else to digests.
    force
        Overwrite an existing export.
    """
    if to not in FORMS:
        _check_tracker(to, for_files=out is not None or force)
        return _send(find_run(run), to, texts)
    directory = find_run(run)
    with reading(directory):
        lines = export(directory, to, out or directory / FORMS[to], texts=texts != "digests", force=force)
    for line in lines:
        notify(escape(line, 2000))
    return 0


def _check_tracker(name: str, *, for_files: bool) -> None:
    if name not in LIBRARIES and not name.startswith(JSON_LINES):
        raise ConfigurationError(f"--to {name}: choose {', '.join((*FORMS, *LIBRARIES))} or {JSON_LINES}FILE")
    if for_files:
        raise ConfigurationError(f"--out and --force are for files; --to {name} sends the run to a tracker")
    parsed([name], False)


def _send(directory: Path, name: str, texts: Literal["full", "digests"] | None) -> int:
    """Send a tracker what it does not have yet."""
    earlier = Notebook(directory).entries.get(name)
    content = texts == "full" or (texts is None and earlier is not None and earlier.content)
    tracks = parsed([name], content)
    if is_locked(directory):
        raise ConfigurationError(f"{directory} is still running; send it after it has ended")
    with mirrored(directory, tracks, seconds=TIME_LIMIT) as mirror:
        pass
    if not mirror.whole:
        return 1
    notify(f"{name} has the whole of {directory}")
    return 0
