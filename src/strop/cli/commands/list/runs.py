"""strop list runs."""

from __future__ import annotations

from pathlib import Path

from strop.api.lookup import RUNS
from strop.base.errors import ConfigurationError
from strop.cli.commands.options import Json
from strop.cli.commands.output import notify, print_document, results
from strop.report.terminal.run import print_runs
from strop.runs.listing import list_runs
from strop.runs.reading import reading


def runs_command(folder: Path = RUNS, /, *, as_json: Json = False) -> int:
    """List the runs in a folder, oldest first.

    Parameters
    ----------
    folder
        Folder of the run directories.
    """
    if folder != RUNS and not folder.is_dir():
        raise ConfigurationError(f"there is no folder {folder}")
    with reading(folder):
        listings = list_runs(folder, results=True)
        if as_json:
            print_document({"runs": listings})
        elif listings:
            print_runs(listings, results())
        else:
            notify(f"no run in {folder}/")
    return 0
