"""Compare two improvers on tasks, with the same budgets."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

from rich.console import Console

from strop.api.finding import RUNS, any_improver_text
from strop.api.measuring import measure_missing, measuring
from strop.api.recipe import RecipeOptions, plain_name, recipe_of, several
from strop.api.results import Shown
from strop.api.subjects import TaskLike, model_of, objects_of
from strop.comparison import Comparison as Found
from strop.comparison import check_rivals, comparison
from strop.errors import StropError
from strop.experiment import new_directory
from strop.laboratory import assembled
from strop.lm.base import LanguageModel
from strop.measured import Named
from strop.report.comparison import print_comparison
from strop.report.live import Mode
from strop.spec import RunSpec
from strop.tasks.command import AnyTask
from strop.tracking import Track
from strop.transfer import Plan, carry_out, matrix

KIND = "compare"


@dataclass(frozen=True, repr=False)
class Comparison(Found, Shown):
    """Which of two improvers is better, by how much, and what each spent."""

    def print_on(self, console: Console) -> None:
        """As `strop compare` prints it."""
        print_comparison(self, console)

    def __repr__(self) -> str:
        return f"<Comparison: {self.sentence}>"


def compare(
    first: str | Path,
    second: str | Path,
    *,
    task: TaskLike | Sequence[TaskLike],
    seed: int = 0,
    out: str | Path | None = None,
    progress: bool = False,
    **options: Unpack[RecipeOptions],
) -> Comparison:
    """Which of two improvers is better on these tasks, by how much, and what each spent of the same budgets.

    Both are names, files, or RUN:t. `task` names tasks as in `strop.train`. `out` is the record's directory, one in runs/ when
    not given; where it holds the same comparison, stopped, that is gone on with.

    Raises:
        ConfigurationError: something that was named is not there, or both are the same program.
        StropError: the host failed or a limit was spent; what was done is kept.
    """
    improvers = rivals(str(first), str(second))
    tasks = several(task)
    spec = recipe_of(tasks, str(first), seed, {**options, "iterations": 0})
    directory = Path(out) if out is not None else new_directory(RUNS, f"compare-{plain_name(spec.task)}")
    made = model_of(options.get("lm"))
    found, stopped = compared(
        spec, improvers, directory, show="auto" if progress else "none", model=made, tasks=objects_of(tasks)
    )
    if found is None:
        assert stopped is not None
        raise stopped
    return Comparison(**vars(found))


def rivals(first: str, second: str) -> tuple[Named, Named]:
    """The two improvers by these names.

    Raises:
        ConfigurationError: one is not there, or both are the same program.
    """
    found = Named(first, any_improver_text(first)), Named(second, any_improver_text(second))
    check_rivals(found)
    return found


def compared(
    spec: RunSpec,
    improvers: tuple[Named, Named],
    directory: Path,
    tracks: Sequence[Track] = (),
    show: Mode = "auto",
    model: Callable[[], LanguageModel] | None = None,
    tasks: Sequence[AnyTask] = (),
) -> tuple[Found | None, StropError | None]:
    """What comparing gave, and what stopped it; one of them is None.

    Raises:
        ConfigurationError: the directory holds something else.
    """
    with assembled(spec, os.environ, model=model, tasks=tasks) as parts:
        plan = Plan(parts.tasks, improvers, spec.copies)
        what = {
            "task": ", ".join(task.name for task in plan.tasks),
            "improvers": json.dumps([[each.name, each.digest] for each in improvers]),
        }
        with measuring(parts, directory, KIND, what, tracks, show) as record:
            stopped = measure_missing(parts, record, lambda at: carry_out(at, plan, record.store, record.told))
            return (comparison(matrix(record.store, plan), record.store), None) if stopped is None else (None, stopped)
