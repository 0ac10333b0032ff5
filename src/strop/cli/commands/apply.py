"""strop apply."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from strop.api.finding import find_run
from strop.api.patching import apply_run, undo_of
from strop.base.errors import ConfigurationError
from strop.cli.commands.options import Json
from strop.cli.commands.output import print_document, results
from strop.runs.run_directory import command_of, load_run

Yes = Annotated[bool, Parameter(negative="", show_default=False)]


def apply_command(
    run_directory: Annotated[Path | None, Parameter(name="RUN")] = None,
    /,
    *,
    force: Yes = False,
    unproven: Yes = False,
    as_json: Json = False,
) -> int:
    """Put the program of a run of strop improve in the place of your files: all of them or none.

    Only files that are as they were when the run began, and only where git could bring them back. What was there is kept in the
    run's directory too.

    Parameters
    ----------
    run_directory
        The run's directory, or the end of its name; the newest in runs/ when not given.
    force
        Also where git could not bring your files back.
    unproven
        Also a program that was not shown to be better, and the best so far of a run that has not ended.
    """
    directory = find_run(run_directory)
    if (kind := load_run(directory).kind) != "improve":
        raise ConfigurationError(
            f"{directory} is the record of {command_of(kind)}; only a run of strop improve has a patch"
        )
    paths = apply_run(directory, force=force, unproven=unproven)
    if as_json:
        print_document({"run": str(directory), "applied": [str(path) for path in paths]})
        return 0
    for path in paths:
        results().print(f"applied: {path}", markup=False, soft_wrap=True)
    results().print(undo_of(directory, paths) if paths else "already applied", markup=False, soft_wrap=True)
    return 0
