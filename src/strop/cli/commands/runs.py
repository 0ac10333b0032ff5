"""strop runs."""

from __future__ import annotations

from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.cli.commands.options import RUNS, Json
from strop.cli.commands.output import notices, print_document, reading, results
from strop.report.terminal.tables import print_runs
from strop.store import list_runs


def runs_command(folder: Path = RUNS, /, *, as_json: Json = False) -> int:
    """List the runs in a folder, oldest first.

    Parameters
    ----------
    folder
        Where the run directories are.
    """
    if folder != RUNS and not folder.is_dir():
        raise ConfigurationError(f"there is no folder {folder}")
    with reading(folder):
        _list(folder, as_json=as_json)
    return 0


def _list(folder: Path, *, as_json: bool) -> None:
    listings = list_runs(folder, costs=True)
    if as_json:
        print_document(
            {
                "runs": [
                    {
                        "run": str(one.directory),
                        "command": one.kind,
                        "task": one.task,
                        "status": one.status,
                        "started": one.started,
                        "iterations": one.iterations,
                        "score": one.score,
                        "cost": one.cost,
                        "detail": one.detail,
                    }
                    for one in listings
                ]
            }
        )
    elif not listings:
        notices().print(f"there are no runs in {folder}", markup=False)
    else:
        print_runs(listings, results())
