"""strop show."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from strop.base.errors import ConfigurationError
from strop.base.pluralize import quantity
from strop.base.terminal_text import escape
from strop.options.commands import Json, Run
from strop.options.run import Switch


def show_command(
    run: Run = None,
    /,
    *,
    full: Annotated[bool, Switch] = False,
    against: Path | None = None,
    responses: Path | None = None,
    as_json: Json = False,
) -> int:
    """Show the result of a run: its conclusion, its iterations, and its best improver.

    Parameters
    ----------
    full
        Show every table of a run of strop run: iterations, costs, lineage, searches, gates and intervals.
    against
        Of a folder of runs (strop run --seeds): compare it with another one, paired by seed.
    responses
        Write the responses of the language model to this file, for `--model recorded:FILE`.
    """
    from strop.api.lookup import find_run
    from strop.cli.commands.output import present
    from strop.runs.record import Record
    from strop.runs.result import result_of

    if full and responses is not None:
        raise ConfigurationError("give only one of --full and --responses")
    directory = find_run(run)
    if responses is not None:
        return _save_responses(directory, responses)
    with Record.open(directory) as record:
        result = result_of(record)
        if against is not None:
            result = _against(result, find_run(against))
        present(result, as_json=as_json, full=full)
    return 0


def _against(first: object, other: Path) -> object:
    """A study beside another one."""
    from strop.reproduce.conditions import conditions
    from strop.reproduce.over_seeds import OverSeeds
    from strop.runs.record import Record
    from strop.runs.result import result_of

    with Record.open(other) as record:
        second = result_of(record)
    if not (isinstance(first, OverSeeds) and isinstance(second, OverSeeds)):
        raise ConfigurationError("--against compares two folders of strop run --seeds; of improvers, strop eval does")
    return conditions(first, second)


def _save_responses(directory: Path, path: Path) -> int:
    """Write the recorded responses of a run's language model to a new file."""
    from strop.cli.commands.output import notify
    from strop.runs.resume import write_answers
    from strop.store import Store

    with Store.open(directory) as store:
        count, unverified = write_answers(store, path), store.unverified
    if unverified:
        notify(escape(unverified, 2000))
    notify(f"{quantity(count, 'response')} in {path}")
    return 0
