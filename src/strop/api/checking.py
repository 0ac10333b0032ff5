"""`strop.check`: attack a task before any money is spent on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from strop.api.arguments import names_arguments
from strop.api.results import Shown
from strop.api.subjects import TaskLike, source_of, task_of
from strop.base.errors import ConfigurationError
from strop.checks.pipeline import CheckResult, Settings, check_command, check_sampled
from strop.report.terminal.check import CheckDocument, check_document, print_check
from strop.report.terminal.words import escape
from strop.runs.assembly import jail, workspaces_for
from strop.runs.interrupts import stopped_by_signals
from strop.runs.options import Require, protections
from strop.runs.secret import key_file, machine_key, run_secret
from strop.runs.spec import RunSpec
from strop.tasks.base import SecretSeeds
from strop.tasks.command.task import AnyTask, CommandTask

MOST_REPEATS = 1000


@dataclass(frozen=True, repr=False)
class Check(Shown):
    """What was found when a task was attacked."""

    result: CheckResult

    @property
    def task(self) -> str:
        return self.result.task.name

    @property
    def broken(self) -> bool:
        """Whether no score of the task can be trusted."""
        return self.result.broken

    @property
    def findings(self) -> tuple[str, ...]:
        """A line for each finding: its id, its level and its title."""
        return tuple(f"{one.id} {one.level}: {one.title}" for one in self.result.findings)

    def document(self) -> CheckDocument:
        """What `strop check --json` prints."""
        return check_document(self.result)

    def print_on(self, console: Console, *, verbose: bool = False) -> None:
        """As `strop check` prints it; `verbose`: with a row for each attack."""
        print_check(self.result, console, verbose=verbose)

    def __repr__(self) -> str:
        return f"<Check {self.task}: {'broken' if self.broken else 'sound'}, {len(self.findings)} findings>"


@names_arguments
def check(
    task: TaskLike,
    *,
    repeat: int = 5,
    seed: int = 0,
    jobs: int = 0,
    require: Require | None = None,
    progress: bool = False,
) -> Check:
    """Attack a task: its draws, its scorer and its limits, and known attacks run in the jail. No language model is asked.

    Of a task that a command scores, the original is run several times, and attacks are put in its place.

    Args:
        task: a name, a file, or a task itself.
        repeat: how often the seed solution, or the original, is evaluated, for its noise.
        seed: with this machine's key it decides which instances are drawn.
        jobs: solutions evaluated at once; 0 means one for each core.
        require: protections without which nothing is run; see `strop doctor`.
        progress: say on standard error what is being done.

    Raises:
        ConfigurationError: something named is not there.
        SandboxError: nothing can be run.
    """
    if not 1 <= repeat <= MOST_REPEATS:
        raise ConfigurationError(f"--repeat is {repeat}; it must be from 1 to {MOST_REPEATS}")
    spec = RunSpec(task=source_of(task), seed=seed, jobs=jobs, require=protections(require)).checked()
    with told(progress) as say:
        return attacked(task_of(task), spec, repeat, say)


def attacked(task: AnyTask, spec: RunSpec, repeat: int, say: Callable[[str], None]) -> Check:
    """A task of either form, attacked. `spec` has the seed, the jobs and the protections.

    Raises:
        SandboxError: nothing can be run.
    """
    secret = run_secret(machine_key(key_file(os.environ)), spec.seed)
    settings = Settings(repeat, spec.jobs)
    if isinstance(task, CommandTask):
        with closing(workspaces_for(spec)) as workspaces, stopped_by_signals(workspaces.close):
            return Check(check_command(task, workspaces, SecretSeeds(secret), settings, say))
    with closing(jail(spec)) as sandbox, stopped_by_signals(sandbox.close):
        return Check(check_sampled(task, sandbox, secret, settings, say))


@contextmanager
def told(progress: bool) -> Iterator[Callable[[str], None]]:
    """Says what is being done: on one line that changes on a terminal, a line for each stage elsewhere."""
    console = Console(stderr=True, highlight=False, force_jupyter=False)
    if not progress:
        yield lambda what: None
        return
    if console.is_terminal:
        with console.status("starting") as status:
            yield lambda what: status.update(Text(escape(what)))
        return
    stages: list[str] = []

    def say(what: str) -> None:
        stage = what.partition(":")[0]
        if stage not in stages[-1:]:
            stages.append(stage)
            console.print(stage, markup=False, soft_wrap=True)

    yield say
