"""strop apply."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from strop.options.commands import Json, Run
from strop.options.run import Switch


def apply_command(
    run_directory: Run = None,
    /,
    *,
    force: Annotated[bool, Switch] = False,
    unproven: Annotated[bool, Switch] = False,
    branch: str = "",
    as_json: Json = False,
) -> int:
    """Apply the patch of strop improve, compare or verdict to your files: all of them or none.

    The files must not have changed since the run started. What they held stays in the run's directory.

    Parameters
    ----------
    force
        Replace files even if they changed since the run started.
    branch
        Commit the patch on a new branch of this name that begins at HEAD, with the first line of the result as the message. Your
        work tree stays as it is.
    unproven
        Apply also a program that is held back. That is one that is better by its own score, or on a fixed input that nobody
        declared; one that removes functions which other files may import; or the best so far of an unfinished run.
    """
    from strop.api.lookup import find_run
    from strop.base.errors import ConfigurationError
    from strop.cli.commands.output import notify, present
    from strop.runs.record import Record
    from strop.runs.result import result_of
    from strop.runs.results.improved import Applied, apply_result
    from strop.runs.run_directory import PATCHES, command_of

    directory = find_run(run_directory, kinds=PATCHES)
    if run_directory is None:
        notify(f"the newest run with a patch: {directory}")
    with Record.open(directory) as record:
        if (kind := record.run.meta.kind) not in PATCHES:
            raise ConfigurationError(
                f"{directory} is the record of {command_of(kind)}; only strop improve, compare and verdict make a patch"
            )
        paths = apply_result(result_of(record), force=force, unproven=unproven, branch=branch)
    present(Applied(directory, tuple(paths), _undo(directory, branch) if paths else ""), as_json=as_json)
    return 0


def _undo(directory: Path, branch: str) -> str:
    """How to undo what was done, in words."""
    from strop.runs.patching.apply import undo_of

    return f"it is a commit on the branch {branch}" if branch else undo_of(directory)
