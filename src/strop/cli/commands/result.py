"""Print the result of a run."""

from __future__ import annotations

from pathlib import Path

from strop.base.shown import print_result
from strop.cli.commands.output import print_document, reading, results
from strop.report.terminal import evaluation as evaluation  # registers how results are printed
from strop.report.terminal import improvement as improvement  # and those of strop run
from strop.runs.evaluate import measured_in
from strop.runs.results.improved import Improved, Unfinished, read_improved
from strop.runs.results.measured import Measured
from strop.runs.results.noise import MeasuredNoise, noise_in
from strop.runs.results.trained import Trained
from strop.runs.train import read_trained
from strop.store import Store


def result_in(directory: Path) -> Improved | Unfinished | Trained | Measured | MeasuredNoise:
    """The result in the record in `directory`, finished or not."""
    with reading(directory), Store.open(directory) as store:
        match store.meta.get("kind"):
            case "improve":
                return read_improved(store)
            case "eval" | "compare":
                return measured_in(store)
            case "noise":
                return noise_in(store)
            case _:
                return read_trained(store)


def show_result(directory: Path, *, as_json: bool, full: bool = False) -> None:
    """Print the result of the run in `directory`, `full` with every table."""
    with reading(directory):
        result = result_in(directory)
        if as_json:
            print_document(result)
        else:
            print_result(result, results(), full=full)
