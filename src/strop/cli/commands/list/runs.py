"""strop list runs."""

from __future__ import annotations

from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.options.commands import RUNS, Json


def runs_command(folder: Path = RUNS, /, *, as_json: Json = False) -> int:
    """List the runs in a folder, oldest first.

    Parameters
    ----------
    folder
        Folder of the run directories.
    """
    from strop.cli.commands.output import present
    from strop.runs.results.listings import runs_in

    if folder != RUNS and not folder.is_dir():
        raise ConfigurationError(f"there is no folder {folder}")
    present(runs_in(folder), as_json=as_json)
    return 0
