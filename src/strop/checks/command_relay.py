"""Where what a command's original answers passes to its evaluator or judge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from strop.checks.relay import NO_ANSWERS, WORTHLESS, OriginalRun
from strop.checks.spoiling import MARK, TEXTS, NotApplicable, spoil, spoil_text, telling
from strop.evaluation.base import Order
from strop.evaluation.commands.measure import OriginalRuns
from strop.evaluation.commands.program_copy import CopyRun
from strop.evaluation.pool import CommandPool
from strop.tasks.base import SecretSeeds
from strop.tasks.command.objective import COUNTED_BY_KERNEL
from strop.tasks.command.task import CommandTask

RATES = ("passed", "tests")
"""Readers whose values are at most 1."""


@contextmanager
def command_relay(task: CommandTask, commands: CommandPool, secret: bytes) -> Iterator[CommandRelay]:
    """The relay of a command. Raises TaskError: the original does not run."""
    order = Order("check/relay", task.seed, task.name, "train", SecretSeeds(secret), secret)
    with commands.worker.spoiling(order) as run:
        yield CommandRelay(task, run)


class CommandRelay:
    """Where what a command's original answers passes to its evaluator or judge: a `Relay`."""

    def __init__(self, task: CommandTask, runs: OriginalRuns) -> None:
        self._task, self._runs = task, runs
        self._honest: Sequence[CopyRun] = ()
        self._latest: Sequence[CopyRun] = ()
        """The last runs, which a judge has the answers of, if nothing was spoiled since."""
        readers = task.objective.readers
        self._accepts = task.judge is not None and all(how in COUNTED_BY_KERNEL for how in readers.values())
        """Whether the judge accepts answers and scores none, so that what it accepts is as good as the original's."""
        self.executed = False
        self.failed = self.broke = ""

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
        """Of an answer as a value, or of a printed one; none where nobody else scores it."""
        if self._task.own_score_because or not (self._task.judge or self._task.evaluator):
            return ()
        return telling() if self._task.judge is None else [(name, None) for name in TEXTS]

    def run_again(self) -> OriginalRun:
        """The original on the same instances."""
        self._latest = runs = self._runs(None)
        answers = [run.answer if run.behaviour is None else run.behaviour.name for run in runs]
        names = [name for name, how in self._task.objective.readers.items() if how not in COUNTED_BY_KERNEL]
        metrics = [{name: run.values[name] for name in names if name in run.values} for run in runs]
        return OriginalRun(tuple(answers), tuple(metrics), tuple(note for run in runs for note in run.notes))

    def without_program(self) -> tuple[Sequence[float], Sequence[float]] | None:
        """(values of a program that answers nothing, those of the original); None if it has none, or they show nothing."""
        objective, (original, *_) = self._task.objective, self._honest or self._latest or self._runs(None)
        if objective.counts_cost or not original.values:
            return None
        is_apart = self._task.judge is not None or self._task.is_isolated
        failed = self._runs(NO_ANSWER)[0] if is_apart else self._runs.without_program()
        if failed is None or not failed.values or objective.unmet(failed.values):
            return None
        return objective.counted(failed.values), objective.counted(original.values)

    def scored(self, name: str, variant: Any) -> Sequence[float] | None:
        """One utility for each instance, 1/2 for the original's; where a judge only accepts, 1 for what it accepts."""
        runs = (not name and self._latest) or self._runs(self._spoil(name, variant))
        self._latest = ()
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


def _raises(*answer: object) -> None:
    raise RuntimeError("there is no answer")


NO_ANSWER = {"text": lambda output: "", "value": _raises, "raises": True}
"""An evaluator gets an exception of each call, a judge an empty output."""


def _spoiled_output(name: str, output: str) -> str:
    """What a program printed, spoiled; as it is, where it cannot be spoiled so."""
    try:
        return spoil_text(name, output)
    except NotApplicable:
        return output
