"""Print the result of a run."""

from __future__ import annotations

from pathlib import Path

from strop.base.shown import print_result
from strop.cli.commands.output import print_document, reading, results
from strop.report.terminal import improvement as improvement  # registers how results are printed, of strop run too
from strop.report.terminal.statistics import print_statistics
from strop.runs.results.improved import Improved, Unfinished, read_improved
from strop.runs.results.trained import Trained
from strop.runs.train import read_trained
from strop.store import Store


def result_in(directory: Path) -> Improved | Unfinished | Trained:
    """The result in the record in `directory`, finished or not."""
    with reading(directory), Store.open(directory) as store:
        return read_improved(store) if store.meta.get("kind") == "improve" else read_trained(store)


def show_result(directory: Path, *, as_json: bool, full: bool = False) -> None:
    """Print the result of the run in `directory`, `full` with every table."""
    with reading(directory):
        result = result_in(directory)
        if as_json:
            print_document(result)
        elif full and isinstance(result, Trained):
            print_result(result, results(), full=True)
            print_statistics(result, results())
        else:
            print_result(result, results())
