"""Evaluate programs on the task as a run would, with the real utility in the real jail, and keep what each of them answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from strop.analysis.audit.runtime import SCORER_CHOKED
from strop.base.budget import Budget
from strop.base.errors import TaskError, UtilityOutOfBounds
from strop.base.events import AuditNoted, Event
from strop.base.results import Evaluation
from strop.checks.listener import Heard, listening
from strop.core.utility import TaskUtility
from strop.sandbox.base import Guest, Handler, Limits, Outcome, Program, Returned, Sandbox, Value
from strop.tasks.base import Instance, SecretSeeds, Task

LEAST_INSTANCES, MOST_INSTANCES = 8, 20
"""How many instances an attack is tried on."""


@dataclass
class _KeepingGuest:
    """A guest whose outcomes are kept."""

    guest: Guest
    outcomes: list[Outcome]

    def call(self, arguments: Sequence[Value], *, seed: int) -> Outcome:
        self.outcomes.append(self.guest.call(arguments, seed=seed))
        return self.outcomes[-1]

    def close(self) -> None:
        self.guest.close()

    def __enter__(self) -> Guest:
        self.guest.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self.guest.__exit__(*exc)


@dataclass
class _KeepingSandbox:
    """A sandbox that keeps the outcome of every call, in order."""

    sandbox: Sandbox
    outcomes: list[Outcome] = field(default_factory=list)

    def open(self, program: Program, limits: Limits, handlers: Mapping[str, Handler] | None = None) -> Guest:
        return _KeepingGuest(self.sandbox.open(program, limits, handlers), self.outcomes)

    def close(self) -> None:
        self.sandbox.close()


@dataclass(frozen=True)
class Trial:
    """How a program fared."""

    evaluation: Evaluation | None
    """None where the task broke: `broke` says how."""
    outcomes: tuple[Outcome, ...]
    """One for each instance that was run."""
    broke: str = ""
    finding: str = ""
    """The id of the finding that `broke` is."""
    choked: tuple[str, ...] = ()
    """What the scorer raised other than Malformed."""

    @property
    def scores(self) -> tuple[float, ...]:
        return self.evaluation.scores if self.evaluation else ()

    @property
    def accepted(self) -> tuple[int, ...]:
        """The instances whose answer was scored."""
        verdicts = self.evaluation.verdicts if self.evaluation else ()
        return tuple(index for index, verdict in enumerate(verdicts) if verdict == "ok")

    def answer(self, index: int) -> Value:
        """What came back for an instance; None where nothing did."""
        outcome = self.outcomes[index]
        return outcome.value if isinstance(outcome, Returned) else None


@dataclass(frozen=True)
class Bench:
    """A task on the bench."""

    original: Task
    task: Task
    """The same, heard while it scores and called by one thread at a time: its functions may not stand more."""
    sandbox: Sandbox
    secret: bytes
    heard: Heard = field(default_factory=Heard)

    @property
    def seeds(self) -> SecretSeeds:
        return SecretSeeds(self.secret)

    @property
    def attacked(self) -> Task:
        """The task with the number of instances that an attack is tried on."""
        return replace(self.task, instances=max(LEAST_INSTANCES, min(MOST_INSTANCES, self.task.instances)))

    def instance(self, index: int) -> Instance:
        """A fresh copy of a training instance."""
        return self.task.instance("train", index, self.seeds)

    def evaluate(self, task: Task, text: str, scope: str) -> Trial:
        """Evaluate a program on the training split. Equal scopes give guests equal random numbers."""
        sandbox, choked = _KeepingSandbox(self.sandbox), []

        def record(event: Event) -> None:
            if isinstance(event, AuditNoted) and event.rule == SCORER_CHOKED:
                choked.append(event.detail)

        utility = TaskUtility(task, "train", self.seeds, sandbox, record, self.secret)
        try:
            evaluation = utility.evaluate(text, Budget().child(scope))
        except TaskError as error:
            finding = "C005" if "cannot be sent" in str(error) else "C202"
            finding = "C201" if isinstance(error, UtilityOutOfBounds) else finding
            return Trial(None, tuple(sandbox.outcomes), str(error), finding, tuple(choked))
        return Trial(evaluation, tuple(sandbox.outcomes), choked=tuple(choked))


def bench_of(task: Task, sandbox: Sandbox, secret: bytes) -> Bench:
    """Put a task on the bench.

    Raises:
        TaskError: it has no description.
    """
    heard, lock = Heard(), threading.RLock()

    def alone(function: Callable[..., Any], heard: Heard) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            with lock, listening(heard), np.errstate(all="ignore"):
                began = time.perf_counter()
                try:
                    return function(*arguments)
                finally:
                    heard.slowest = max(heard.slowest, time.perf_counter() - began)

        return call

    quiet = replace(task, sample=alone(task.sample, Heard()), score=alone(task.score, heard), description=task.told)
    return Bench(task, quiet, sandbox, secret, heard)
