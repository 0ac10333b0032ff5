"""strop show."""

from __future__ import annotations

from pathlib import Path

from strop.commands.options import RUNS, Json
from strop.commands.run import show_result
from strop.errors import ConfigurationError
from strop.store import FILE_NAME, list_runs


def show_command(run: Path | None = None, /, *, as_json: Json = False) -> int:
    """Show what a run came to: every iteration, what it cost, and where the best improver is.

    Parameters
    ----------
    run
        Directory of the run, or the end of its name; the newest in `runs` when not given.
    """
    show_result(find_run(run), as_json=as_json)
    return 0


def find_run(run: Path | None, root: Path = RUNS) -> Path:
    """The directory that `run` means.

    Raises:
        ConfigurationError: none does, or several do.
    """
    if run is not None and run.is_dir():
        if not (run / FILE_NAME).exists():
            raise ConfigurationError(f"{run} holds no run: there is no {FILE_NAME}; name the directory of a run")
        return run
    listings = list_runs(root)
    if run is None:
        if not listings:
            raise ConfigurationError(f"there are no runs in {root}; name a run's directory")
        return max(listings, key=lambda listing: listing.started or 0.0).directory
    if len(run.parts) != 1:
        raise ConfigurationError(f"there is no run directory {run}")
    named = [listing.directory for listing in listings if listing.directory.name.endswith(run.name)]
    if len(named) != 1:
        found = "no run is" if not named else f"{len(named)} runs are"
        raise ConfigurationError(f"{found} called {run}; strop runs lists those in {root}")
    return named[0]
