"""strop export."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from strop.base.errors import ConfigurationError, StoreError
from strop.base.pluralize import quantity
from strop.base.terminal_text import escape
from strop.options.commands import Runs
from strop.options.run import Switch

TIME_LIMIT = 3600.0
"""Seconds until a tracker must have received a record."""


def export_command(
    *runs: Runs,
    table: Literal["iterations"] | None = None,
    to: str | None = None,
    out: Annotated[Path | None, Parameter(name=("--out", "-o"), allow_leading_hyphen=True)] = None,
    texts: Literal["full", "digests"] = "full",
    force: Annotated[bool, Switch] = False,
) -> int:
    """Write a run as JSON lines, one event a line, as far as it is recorded; or finished runs of strop run as a table; or send a
    run to a tracker after it has ended.

    Parameters
    ----------
    table
        Table to write, as CSV: `iterations` has û of each copy after each iteration, and what the run had spent by then.
    to
        Tracker mlflow or wandb, which receives settings, figures by iteration and totals.
    out
        File to write. `-` is standard output. By default events.jsonl in the run's directory; of a table standard output.
    texts
        `full`: with programs, prompts and responses; `digests`: without.
    force
        Overwrite an existing file.
    """
    from strop.cli.commands.output import notify
    from strop.report.export import FILE_NAME, export
    from strop.report.track import check_trackers

    if table is not None:
        if to is not None:
            raise ConfigurationError("give only one of --table and --to")
        return _write_table(runs, out or Path("-"), force=force)
    if to is not None:
        if out is not None or force:
            raise ConfigurationError(f"--out and --force are for a file; --to {to} sends the run to a tracker")
        check_trackers([to])
        return _send(_only_run(runs), to)
    directory = _only_run(runs)
    for line in export(directory, out or directory / FILE_NAME, texts=texts == "full", force=force):
        notify(escape(line, 2000))
    return 0


def _only_run(runs: Sequence[Path]) -> Path:
    """The directory of the run that is named.

    Raises:
        ConfigurationError: there is none, or there are several.
    """
    from strop.api.lookup import find_run
    from strop.runs.meta import read_meta
    from strop.store import Store

    if len(runs) > 1:
        raise ConfigurationError("only --table takes several runs; name one")
    directory = find_run(runs[0] if runs else None)
    seeds: tuple[int, ...] = ()
    with Store.open(directory) as store, suppress(StoreError):  # events can be exported beside damaged metadata
        seeds = read_meta(store.meta, directory).seeds
    if seeds:
        raise ConfigurationError(
            f"{directory} holds several runs; name one, such as {directory}/seed-{seeds[0]}, or give --table"
        )
    return directory


def _write_table(runs: Sequence[Path], out: Path, *, force: bool) -> int:
    """Write the iterations of finished runs as CSV."""
    from strop.cli.commands.output import notify
    from strop.report.export import write_whole
    from strop.report.iterations import iterations_table
    from strop.reproduce.curves import finished_runs

    finished = finished_runs(runs)
    write_whole(out, iterations_table([run.folder for run in finished]), force=force)
    for line in dict.fromkeys(run.data.unverified for run in finished if run.data.unverified):
        notify(escape(line, 2000))
    if out != Path("-"):
        notify(f"{quantity(len(finished), 'run')} in {out}")
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
