"""The test of spoiled answers before a run: of tasks whose answers the host scores, a judge or an evaluator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any

from strop.base.errors import TaskError
from strop.checks.bench import HostRelay, host_relay_of
from strop.checks.relay import NO_ANSWERS, SECONDS, WORTHLESS, refuse_if_rewarding
from strop.checks.spoiling import MARK, TEXTS, NotApplicable, spoil, spoil_text, telling
from strop.evaluation.base import Order
from strop.evaluation.commands.measure import Spoiled
from strop.evaluation.commands.program_copy import CopyRun
from strop.evaluation.pool import CommandPool
from strop.sandbox.base import Sandbox
from strop.tasks.base import SecretSeeds, Task
from strop.tasks.command.objective import COUNTED_BY_KERNEL
from strop.tasks.command.task import CommandTask

RATES = ("passed", "tests")
"""Readers whose values are at most 1."""


def refuse_rewarding(
    tasks: Sequence[object],
    sandbox: Sandbox,
    secret: bytes,
    commands: CommandPool | None = None,
    seconds: float = SECONDS,
) -> None:
    """Run the original of each task once, and score its answers spoiled, in about so many `seconds` a task.

    Raises:
        ConfigurationError: a spoiled answer pays.
        SandboxError: the host could not run a guest.
    """
    for task in tasks:
        if isinstance(task, CommandTask) and commands is not None and not task.own_score_because:
            if task.judge is not None or task.evaluator is not None:
                with relay_of(task, commands, secret) as relay:
                    if relay is not None:
                        refuse_if_rewarding(task.name, relay, seconds=seconds)
            continue
        if not isinstance(task, Task):
            continue
        answers: HostRelay | None = None
        with suppress(TaskError):  # the task is broken, as its own evaluation says
            answers = host_relay_of(task, sandbox, secret)
        if answers is not None:
            refuse_if_rewarding(task.name, answers, seconds=seconds)


@contextmanager
def relay_of(task: CommandTask, commands: CommandPool, secret: bytes) -> Iterator[CommandRelay | None]:
    """Where answers of a command's original pass; None if its score is its own, or it does not run, as its evaluation says."""
    order = Order("check/relay", task.seed, task.name, "train", SecretSeeds(secret), secret)
    with ExitStack() as stack:
        run: Spoiled | None = None
        with suppress(TaskError):
            run = stack.enter_context(commands.worker.spoiling(order))
        yield None if run is None else CommandRelay(task, run)


class CommandRelay:
    """Where what a command's original answers passes to its evaluator or judge: a `Relay`."""

    def __init__(self, task: CommandTask, run: Spoiled) -> None:
        self._task, self._run = task, run
        self._honest: Sequence[CopyRun] = ()
        readers = task.objective.readers
        self._accepts = task.judge is not None and all(how in COUNTED_BY_KERNEL for how in readers.values())
        """Whether the judge accepts answers and scores none, so that what it accepts is as good as the original's."""
        self.executed = False

    @property
    def unacceptable(self) -> Sequence[str]:
        return WORTHLESS if self._accepts else NO_ANSWERS

    @property
    def is_perfect(self) -> bool:
        """Whether nothing can be better than the original: an accepted answer is all there is, or all its rates are 1."""
        names = [metric.name for metric in self._task.objective.metrics]
        rates = all(self._task.objective.readers[name] in RATES for name in names)
        return self._accepts or (rates and all(run.values.get(name) == 1 for run in self._honest for name in names))

    def ways(self) -> Sequence[tuple[str, Any]]:
        """Of an answer as a value, or of a printed one."""
        return telling() if self._task.judge is None else [(name, None) for name in TEXTS]

    def scored(self, name: str, variant: Any) -> Sequence[float] | None:
        """One utility for each instance, 1/2 for the original's; where a judge only accepts, 1 for what it accepts."""
        runs = self._run(self._spoil(name, variant))
        self.executed = self.executed or any(MARK in note for run in runs for note in run.notes)
        if not runs or not all(run.values for run in runs):
            return None
        if not name:
            self._honest = self._honest or runs
        elif self._task.judge is not None and all(_spoiled_output(name, run.output) == run.output for run in runs):
            return None
        objective = self._task.objective
        if any(objective.unmet(run.values) for run in runs):
            return None
        if self.is_perfect:
            perfect = self._accepts or all(
                run.values == honest.values for run, honest in zip(runs, self._honest, strict=True)
            )
            return [1.0] * len(runs) if perfect else None
        return [objective.utility(run.values, honest.values) for run, honest in zip(runs, self._honest, strict=True)]

    def _spoil(self, name: str, variant: Any) -> dict[str, Any] | None:
        if not name:
            return None
        if self._task.judge is not None:
            return {"text": partial(_spoiled_output, name)}
        return {"value": partial(spoil, name, variant), "raises": name == "skipped"}


def _spoiled_output(name: str, output: str) -> str:
    """What a program printed, spoiled; as it is, where it cannot be spoiled so."""
    try:
        return spoil_text(name, output)
    except NotApplicable:
        return output
