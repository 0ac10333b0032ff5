"""`strop.score` and `strop.check`: one program of a task, and the task itself. No language model is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from strop.api.conventions import outside_tasks
from strop.api.job import Job, perform
from strop.api.target import TaskLike, source_of, task_of
from strop.base.protections import protections
from strop.base.results import Evaluation, fields_of
from strop.checks import check as checks
from strop.checks.checked import Checked
from strop.options.run import Require
from strop.report.terminal.live import make_view
from strop.runs.context import RunContext
from strop.runs.score import Scored, program_of
from strop.runs.spec import RunSpec
from strop.tasks.base import Split
from strop.tasks.command.task import AnyTask


@outside_tasks
def score(
    solution: str | Path | None = None,
    *,
    task: TaskLike,
    split: Split = "train",
    seed: int = 0,
    instances: Literal["secret", "published"] = "secret",
    workers: int = 0,
    require: Require | None = None,
) -> Scored:
    """Score one program of a task on every instance of a split.

    Args:
        solution: a file, or the text of the program, which has more than one line. The default is the task's own program.
        task: a name, a file or folder, or a task itself.
        split: `train`, or `test` for the held-out split.
        seed: seed of the instances, together with this machine's key.
        instances: `secret`, or `published` for the paper's seeds.
        workers: how many programs run at once. 0 is one for each core.
        require: protections without which nothing runs; see `strop doctor`.

    Raises:
        ConfigurationError: something that an argument names does not exist.
        TaskError: the task is broken.
        SandboxError: programs cannot be run behind the required protections.
    """
    spec = RunSpec(
        task=source_of(task), seed=seed, instances=instances, workers=str(workers), require=protections(require)
    )
    the_task = task_of(task)
    return perform(score_job(spec, the_task, _text_of(solution, the_task), split))


def score_job(spec: RunSpec, task: AnyTask, text: str, split: Split) -> Job[Scored]:
    """The score of one program of a task. `spec` has the seed, the instances, the workers and the protections."""

    def scored(context: RunContext) -> Scored:
        context.observer.step(f"scoring {task.name}")
        evaluation = context.utility(split).evaluate(text, context.run)
        return Scored(
            task=task.name,
            split=split,
            own_score_because=task.facts.own_score_because,
            **fields_of(Evaluation, evaluation),
        )

    return Job(kind="score", spec=spec, tasks=(task,), do=scored)


def _text_of(solution: str | Path | None, task: AnyTask) -> str:
    if solution is None:
        return task.seed
    if isinstance(solution, str) and "\n" in solution:
        return solution
    return program_of(Path(solution), task)


@outside_tasks
def check(
    task: TaskLike,
    *,
    seed: int = 0,
    require: Require | None = None,
    progress: bool = False,
) -> Checked:
    """Examine a task: who computes its score, whether its original repeats, and what spoiled answers score. No model is asked.

    Args:
        task: what is examined: a name, a file, or a task itself.
        seed: seed of the instances, together with this machine's key.
        require: protections without which nothing runs; see `strop doctor`.
        progress: show progress on standard error.

    Raises:
        ConfigurationError: something that an argument names does not exist.
        SandboxError: programs cannot be run behind the required protections.
    """
    spec = RunSpec(task=source_of(task), seed=seed, require=protections(require))
    return perform(check_job(spec, task_of(task)), view=make_view("auto" if progress else "none"))


def check_job(spec: RunSpec, task: AnyTask) -> Job[Checked]:
    """The check of a task of any form. `spec` has the seed and the protections."""

    def checked(context: RunContext) -> Checked:
        assert context.parts.evaluator is not None
        return checks.check(task, context.parts.evaluator, context.parts.secret, step=context.observer.step)

    return Job(kind="check", spec=spec, tasks=(task,), do=checked)
