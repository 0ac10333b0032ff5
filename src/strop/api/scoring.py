"""`strop.score` and `strop.check`: one program of a task, and the task itself. No language model is asked."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic as now
from typing import Literal

from rich.text import Text

from strop.api.conventions import names_arguments
from strop.api.target import TaskLike, source_of, task_of
from strop.base.results import Evaluation, fields_of
from strop.base.terminal_text import escape
from strop.checks import check as checks
from strop.checks.checked import Checked
from strop.report.terminal import check as check_printing  # registers how a check is printed  # noqa: F401
from strop.report.terminal import evaluation as score_printing  # registers how a score is printed  # noqa: F401
from strop.report.terminal.display import Display
from strop.report.terminal.live import Mode
from strop.report.terminal.words import duration
from strop.runs.evaluators import commands_for, jail
from strop.runs.interrupts import stopped_by_signals
from strop.runs.options import Require, protections
from strop.runs.score import Scored, program_of
from strop.runs.score import score as evaluate
from strop.runs.spec import RunSpec, run_secret
from strop.store.key import key_file, machine_key
from strop.tasks.base import Split
from strop.tasks.command.task import AnyTask, CommandTask


@names_arguments
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
        solution: a file, or the program's text, which has more than one line. The task's own seed solution by default.
        task: a name, a file or folder, or a task itself.
        split: `train`, or `test` for the sealed split.
        seed: seed of the instances, together with this machine's key.
        instances: `secret`, or `published` for the paper's seeds.
        workers: how many programs run at once; 0 for one per core.
        require: protections without which nothing runs; see `strop doctor`.

    Raises:
        ConfigurationError: something that an argument names does not exist.
        TaskError: the task broke its own contract.
        SandboxError: the sandbox cannot run anything.
    """
    spec = RunSpec(
        task=source_of(task), seed=seed, instances=instances, workers=str(workers), require=protections(require)
    ).checked_here()
    the_task = task_of(task)
    return score_program(the_task, _text_of(solution, the_task), split, spec)


def score_program(task: AnyTask, text: str, split: Split, spec: RunSpec) -> Scored:
    """The score of a program. `spec` has the seed, the instances, the workers and the protections.

    Raises:
        TaskError: the task broke its own contract.
        SandboxError: the sandbox cannot run anything.
    """
    evaluation = evaluate(task, text, split, spec, run_secret(machine_key(key_file(os.environ)), spec.seed))
    own = task.own_score_because if isinstance(task, CommandTask) else ""
    return Scored(task=task.name, split=split, own_score_because=own, **fields_of(Evaluation, evaluation))


def _text_of(solution: str | Path | None, task: AnyTask) -> str:
    if solution is None:
        return task.seed
    if isinstance(solution, str) and "\n" in solution:
        return solution
    return program_of(Path(solution), task)


@names_arguments
def check(
    task: TaskLike,
    *,
    seed: int = 0,
    require: Require | None = None,
    progress: bool = False,
) -> Checked:
    """Examine a task: who computes its score, whether its original repeats, and what spoiled answers score. No model is asked.

    Args:
        task: a name, a file, or a task itself.
        seed: seed of the instances, together with this machine's key.
        require: protections without which nothing runs; see `strop doctor`.
        progress: show progress on standard error.

    Raises:
        ConfigurationError: something that an argument names does not exist.
        SandboxError: the sandbox cannot run anything.
    """
    spec = RunSpec(task=source_of(task), seed=seed, require=protections(require)).checked_here()
    with shown_progress("auto" if progress else "none") as say:
        return check_task(task_of(task), spec, say)


def check_task(task: AnyTask, spec: RunSpec, say: Callable[[str], None]) -> Checked:
    """Examine a task of any form. `spec` has the seed and the protections. Raises SandboxError if nothing can run."""
    secret = run_secret(machine_key(key_file(os.environ)), spec.seed)
    if isinstance(task, CommandTask):
        with closing(commands_for(spec, [task])) as commands, stopped_by_signals(commands.close):
            return checks.check(task, None, secret, commands, notify=say)
    with closing(jail(spec)) as sandbox, stopped_by_signals(sandbox.close):
        return checks.check(task, sandbox, secret, notify=say)


@contextmanager
def shown_progress(show: Mode = "auto", step: str = "starting") -> Iterator[Callable[[str], None]]:
    """A function that shows the current step: on one changing line on a terminal, with the time, lines elsewhere."""
    if show == "none":
        yield lambda step: None
        return
    steps, start = [step], now()
    with Display(sys.stderr, lambda: Text(f"{escape(steps[-1])} · {duration(now() - start)}", style="dim")) as display:

        def say(step: str) -> None:
            shown = step if display.draws else step.partition(":")[0]
            if shown != steps[-1]:
                steps.append(shown)
                if not display.draws:
                    display.say(escape(shown))

        yield say
