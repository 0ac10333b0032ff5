"""strop show."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from strop.api.lookup import find_run
from strop.base.errors import ConfigurationError
from strop.base.pluralize import quantity
from strop.base.terminal_text import escape
from strop.cli.commands.options import Json, Run
from strop.cli.commands.output import notify, present, record_in
from strop.cli.commands.result import show_result
from strop.report.terminal import difference as difference_printing  # registers how a difference is printed  # noqa: F401
from strop.runs.options import Switch
from strop.runs.reading import opened
from strop.runs.results.program_difference import difference_in
from strop.runs.resume import write_answers
from strop.runs.run_directory import command_of


def show_command(
    run: Run = None,
    a: Annotated[str | None, Parameter(name="A")] = None,
    b: Annotated[str | None, Parameter(name="B")] = None,
    /,
    *,
    full: Annotated[bool, Switch] = False,
    diff: Annotated[bool, Switch] = False,
    responses: Path | None = None,
    as_json: Json = False,
) -> int:
    """Show the result of a run: its conclusion, its iterations, and its best improver.

    Parameters
    ----------
    a
        First program for --diff: the t of an improver I_t; of strop improve original, solution or best; or four or more digits of
        a digest.
    b
        Second program for --diff.
    full
        Show every table of a run of strop run: iterations, costs, lineage, searches, gates and intervals.
    diff
        Show the changes from program A of the run to program B, with the change in score.
    responses
        Write the responses of the language model to this file, for `--model recorded:FILE`.
    """
    if diff + full + (responses is not None) > 1:
        raise ConfigurationError("give only one of --full, --diff and --responses")
    if (a is not None) != diff or (b is not None) != diff:
        raise ConfigurationError("to compare two programs, name both: strop show RUN --diff A B")
    directory = find_run(run)
    if responses is not None:
        return _save_responses(directory, responses)
    if a is not None and b is not None:
        return _show_diff(directory, a, b, as_json=as_json)
    show_result(directory, as_json=as_json, full=full)
    return 0


def _save_responses(directory: Path, path: Path) -> int:
    """Write the recorded responses of a run's language model to a new file."""
    with opened(directory) as store:
        count, unverified = write_answers(store, path), store.unverified
    if unverified:
        notify(escape(unverified, 2000))
    notify(f"{quantity(count, 'response')} in {path}")
    return 0


def _show_diff(directory: Path, a: str, b: str, *, as_json: bool) -> int:
    with record_in(directory, as_json=as_json) as store:
        if (kind := store.meta.get("kind", "")) not in ("improve", "run", "replay"):
            raise ConfigurationError(
                f"{directory} is the record of {command_of(kind)}; --diff compares programs of strop run and strop improve"
            )
        difference = difference_in(store, a, b)
        present(difference, as_json=as_json, unverified=store.unverified)
    return 0
