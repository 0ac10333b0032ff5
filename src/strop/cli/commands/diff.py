"""strop diff."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from strop.api.improving import KIND
from strop.base.errors import ConfigurationError
from strop.base.events import Evaluated
from strop.cli.commands.finding import find_run
from strop.cli.commands.options import Json
from strop.cli.commands.output import print_document, reading, results
from strop.report.improvement import read_improvement
from strop.report.terminal.difference import difference_document, print_difference
from strop.report.terminal.sides import ORIGINAL, SOLUTION, Side, pair_of_improvement, pair_of_run
from strop.report.terminal.single import sentence
from strop.runs.run_directory import RUNS_OF_STOP
from strop.store import Store


def diff_command(
    run: Path | None = None,
    a: Annotated[str | None, Parameter(name="A")] = None,
    b: Annotated[str | None, Parameter(name="B")] = None,
    /,
    *,
    as_json: Json = False,
) -> int:
    """Show what changed from one improver of a run to another, with their strategies and what changed in score.

    Of a record of strop improve: from one program to another. Side by side where the terminal is wide enough, unified where not.

    Parameters
    ----------
    run
        Directory of the run, or the end of its name; the newest in `runs` when not given.
    a
        The t of an improver I_t, or the first digits of a digest (strop show); for strop improve original, solution, best or a
        digest.
    b
        The other one. Without A and B: the last two that differ.
    """
    if (a is None) != (b is None):
        raise ConfigurationError("name two programs, or none: strop diff RUN A B")
    directory = find_run(run)
    with reading(directory), Store.open(directory) as store:
        kind = store.meta.get("kind", "")
        if kind == KIND:
            first, second, said = _of_improvement(store, a, b)
        elif kind in (*RUNS_OF_STOP, "replay"):
            (first, second), said = pair_of_run(store, a, b), ""
        else:
            raise ConfigurationError(
                f"{directory} is the record of strop {kind}; strop diff compares programs of strop run, train or improve"
            )
    if as_json:
        print_document(dict(difference_document(first, second, str(directory), said)))
    else:
        print_difference(first, second, results(), sentence=said)
    return 0


def _of_improvement(store: Store, a: str | None, b: str | None) -> tuple[Side, Side, str]:
    """The two programs, and what may be claimed of the solution, where it is compared with the original."""
    improvement = read_improvement(store)
    solution = None
    if improvement.single is not None:
        solution = (
            improvement.single.original.text
            if improvement.single.improved is None
            else improvement.single.improved.text
        )
    events = [stored.event for stored in store.events(Evaluated)]
    first, second = pair_of_improvement(events, improvement.original, solution, a, b)
    whole = (first.name, second.name) == (ORIGINAL, SOLUTION) and improvement.single is not None
    return first, second, sentence(improvement.single) if whole else ""
