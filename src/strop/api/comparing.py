"""Compare two improvers on tasks, with the same budgets."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from strop.api.arguments import plain_name, recipe_of, several, takes
from strop.api.finding import RUNS, any_improver_text
from strop.api.measuring import measure_missing, measuring
from strop.api.results import Shown
from strop.api.subjects import TaskLike, model_of, objects_of
from strop.report.terminal.evaluation import print_comparison
from strop.report.terminal.live import Mode
from strop.runs.assembly import assembled
from strop.runs.compare import Comparison as Found
from strop.runs.compare import check_rivals, comparison
from strop.runs.evaluate import Plan, carry_out, matrix
from strop.runs.measurements import Named
from strop.runs.options import CopiesOptions, EnvironmentOptions, LimitOptions, ModelOptions
from strop.runs.run_directory import new_directory

KIND = "compare"


@dataclass(frozen=True, repr=False)
class Comparison(Found, Shown):
    """Which of two improvers is better, by how much, and what each spent."""

    def print_on(self, console: Console) -> None:
        """As `strop eval --against` prints it."""
        print_comparison(self, console)

    def __repr__(self) -> str:
        return f"<Comparison: {self.sentence}>"


@dataclass(frozen=True, kw_only=True)
class CompareOptions(EnvironmentOptions, LimitOptions, CopiesOptions, ModelOptions):
    """The keywords of `strop.compare`."""

    task: TaskLike | Sequence[TaskLike]
    """One task or several, as in `strop.train`."""
    seed: int = 0
    """With this machine's key it decides everything that is drawn."""
    out: str | Path | None = None
    """The record's directory; where it holds the same comparison, stopped, that is continued. One in runs/ when not given."""
    progress: bool = False
    """Show the progress on standard error."""


@takes(CompareOptions)
def compare(first: str | Path, second: str | Path, options: CompareOptions) -> Comparison:
    """Which of two improvers is better on these tasks, by how much, and what each spent of the same budgets.

    Args:
        first: the name of an improver, a file, or `RUN:t`.
        second: the other one.

    Raises:
        ConfigurationError: something that was named does not exist, or both are the same program.
        StropError: the host failed or a limit was spent; what was done is kept.
    """
    improvers = rivals(str(first), str(second))
    tasks = several(options.task)
    spec = recipe_of(tasks, options, improver=first, iterations=0)
    folder = options.out or new_directory(RUNS, f"compare-{plain_name(spec.task)}")
    show: Mode = "auto" if options.progress else "none"
    with assembled(spec, os.environ, model=model_of(options.model), tasks=objects_of(tasks)) as parts:
        plan = Plan(parts.tasks, improvers, spec.copies)
        meta = {
            "task": ", ".join(each.name for each in plan.tasks),
            "improvers": json.dumps([[each.name, each.digest] for each in improvers]),
        }
        with measuring(parts, Path(folder), KIND, meta, show=show) as record:
            stopped = measure_missing(parts, record, lambda at: carry_out(at, plan, record.told))
            if stopped is not None:
                raise stopped
            return Comparison(**vars(comparison(matrix(record.store, plan), record.store)))


def rivals(first: str, second: str) -> tuple[Named, Named]:
    """The two improvers by these names.

    Raises:
        ConfigurationError: one is not there, or both are the same program.
    """
    found = Named(first, any_improver_text(first)), Named(second, any_improver_text(second))
    check_rivals(found)
    return found
