"""Score one solution of any task, outside of runs."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from strop.base.budget import Budget
from strop.base.errors import ConfigurationError
from strop.base.events import discard
from strop.base.results import Evaluation
from strop.core.utility import TaskUtility
from strop.runs.evaluators import commands_for, jail
from strop.runs.interrupts import stopped_by_signals
from strop.runs.spec import RunSpec, program_text
from strop.tasks.base import PublishedSeeds, SecretSeeds, Split
from strop.tasks.command.bundle import bundled
from strop.tasks.command.task import AnyTask, CommandTask


def program_of(solution: Path, task: AnyTask) -> str:
    """The text of a solution: a file, or, for a command task of several files, a folder with those that differ.

    Raises:
        ConfigurationError: the file does not exist or is not UTF-8 text, or the folder has none of the task's files.
    """
    if not solution.is_dir():
        return program_text(solution, "solution")
    if not isinstance(task, CommandTask):
        raise ConfigurationError(f"{solution} is a folder; a solution of {task.name} is a file")
    present = [path for path in task.files if (solution / path).is_file()]
    if not present:
        raise ConfigurationError(f"the folder {solution} has none of the files of {task.name}: {', '.join(task.files)}")
    return bundled(dict(task.files) | {path: program_text(solution / path, "solution") for path in present})


def score(task: AnyTask, solution: str, split: Split, spec: RunSpec, secret: bytes) -> Evaluation:
    """The utility of a solution on the instances that `spec` and `secret` determine.

    Raises:
        Interrupted: the user stopped it.
        StropError: the host failed, or the task is broken.
    """
    seeds = PublishedSeeds() if spec.instances == "published" else SecretSeeds(secret)
    if isinstance(task, CommandTask):
        with closing(commands_for(spec, [task])) as commands, stopped_by_signals(commands.close):
            return TaskUtility(task, split, seeds, None, discard, secret, evaluator=commands).evaluate(
                solution, Budget()
            )
    with closing(jail(spec)) as sandbox, stopped_by_signals(sandbox.close):
        return TaskUtility(task, split, seeds, sandbox, discard, secret).evaluate(solution, Budget())
