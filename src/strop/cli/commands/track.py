"""strop track."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from strop.base.errors import ConfigurationError
from strop.cli.commands.finding import find_run
from strop.cli.commands.output import notices
from strop.cli.commands.tracking import TrackOptions
from strop.report.tracking import mirrored
from strop.store import is_locked

PATIENCE = 3600.0
"""Seconds, at most, for trackers to take a record."""


def track_command(
    run_directory: Annotated[Path | None, Parameter(name="RUN")] = None,
    /,
    *,
    tracking: TrackOptions = TrackOptions(),  # noqa: B008 - cyclopts reads the flags' defaults from it
) -> int:
    """Send a finished run to trackers: all of it, or what they did not get while it ran.

    Parameters
    ----------
    run_directory
        The run's directory, or the end of its name; the newest in runs/ when not given.
    """
    directory = find_run(run_directory)
    tracks = tracking.tracks(directory)
    if not tracks:
        raise ConfigurationError(f"no tracker was told of {directory} before; name one with --track")
    if is_locked(directory):
        raise ConfigurationError(f"{directory} is still being written: a run tells its trackers by itself")
    with mirrored(directory, tracks, seconds=PATIENCE) as mirror:
        pass
    for name in mirror.whole:
        notices().print(f"{name} has the whole of {directory}", markup=False, soft_wrap=True)
    return 0 if len(mirror.whole) == len(tracks) else 1
