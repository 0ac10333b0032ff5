"""`strop.score`: one program of a task on every instance of a split."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console

from strop.api.arguments import names_arguments
from strop.api.results import Shown
from strop.api.subjects import TaskLike, source_of, task_of
from strop.report.terminal.score import ScoreResult, print_score
from strop.runs.options import Require, protections
from strop.runs.score import program_of
from strop.runs.score import score as evaluate
from strop.runs.secret import key_file, machine_key, run_secret
from strop.runs.spec import RunSpec
from strop.tasks.base import Split
from strop.tasks.command.task import AnyTask


@dataclass(frozen=True, repr=False)
class Score(ScoreResult, Shown):
    """What a program is worth on one split."""

    def print_on(self, console: Console) -> None:
        """As `strop score` prints it."""
        print_score(self, console)

    def __repr__(self) -> str:
        return f"<Score {self.task} {self.split}: {self.utility:.4f}>"


@names_arguments
def score(
    solution: str | Path | None = None,
    *,
    task: TaskLike,
    split: Split = "train",
    seed: int = 0,
    instances: Literal["secret", "published"] = "secret",
    jobs: int = 0,
    require: Require | None = None,
) -> Score:
    """Score one program of a task on every instance of a split.

    Args:
        solution: a file, or the program's text, which has more than one line; the task's own seed solution, or the files as they
            stand, when not given.
        task: a name, a file or folder, or a task itself.
        split: `train`, or `test` for the sealed split.
        seed: with this machine's key it decides which instances are drawn.
        instances: `secret`, or `published` for the paper's seeds.
        jobs: commands at once; 0 means one for each core.
        require: protections without which nothing is run; see `strop doctor`.

    Raises:
        ConfigurationError: something named is not there.
        TaskError: the task broke its own contract.
        SandboxError: nothing can be run.
    """
    spec = RunSpec(
        task=source_of(task), seed=seed, instances=instances, jobs=jobs, require=protections(require)
    ).checked()
    the_task = task_of(task)
    evaluation = evaluate(the_task, _text_of(solution, the_task), split, spec, _secret(seed))
    return Score(
        task=the_task.name,
        split=split,
        utility=evaluation.value,
        instances=evaluation.scores,
        verdicts=evaluation.counts(),
        error=evaluation.error,
        notes=evaluation.notes,
        metrics=evaluation.metrics,
        beside=evaluation.beside,
    )


def _text_of(solution: str | Path | None, task: AnyTask) -> str:
    if solution is None:
        return task.seed
    if isinstance(solution, str) and "\n" in solution:
        return solution
    return program_of(Path(solution), task)


def _secret(seed: int) -> bytes:
    return run_secret(machine_key(key_file(os.environ)), seed)
