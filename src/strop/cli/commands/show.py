"""strop show."""

from __future__ import annotations

from pathlib import Path

from strop.base.pluralize import quantity
from strop.cli.commands.finding import find_run
from strop.cli.commands.options import Json
from strop.cli.commands.output import notices, print_document, reading, results
from strop.cli.commands.result import show_result
from strop.report.terminal.statistics import print_statistics, statistics_document
from strop.runs.recording import write_answers
from strop.runs.run_data import read_run
from strop.store import Store


def show_command(
    run: Path | None = None, /, *, statistics: bool = False, answers: Path | None = None, as_json: Json = False
) -> int:
    """Show what a run came to: every iteration, its strategy and what it cost, what a gate compared, and where the best
    improver is.

    Parameters
    ----------
    run
        Directory of the run, or the end of its name; the newest in `runs` when not given.
    statistics
        Show every measurement with its intervals, the differences from the seed, and the bounds of Appendix A.
    answers
        Write the answers of its language model to this file instead, for `--lm recorded:FILE`.
    """
    directory = find_run(run)
    if answers is not None:
        with reading(directory), Store.open(directory) as store:
            count = write_answers(store, answers)
        notices().print(f"{quantity(count, 'answer')} in {answers}", markup=False, soft_wrap=True)
        return 0
    if not (statistics and as_json):
        show_result(directory, as_json=as_json)
    if statistics:
        with reading(directory), Store.open(directory) as store:
            if as_json:
                print_document(statistics_document(read_run(store)))
            else:
                print_statistics(read_run(store), results())
    return 0
