"""Print the result of a run."""

from __future__ import annotations

from pathlib import Path

from strop.cli.commands.output import present
from strop.report.terminal import evaluation as evaluation  # registers how results are printed
from strop.report.terminal import improvement as improvement  # and those of strop run
from strop.runs.reading import reading
from strop.runs.result import result_in


def show_result(directory: Path, *, as_json: bool, full: bool = False) -> None:
    """Print the result of the run in `directory`, `full` with every table."""
    with reading(directory):
        present(result_in(directory), as_json=as_json, full=full)
