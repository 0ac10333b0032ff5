"""Where `strop check` and the test before a run score answers in the host: the original runs in the jail, as in a run."""

from __future__ import annotations

import contextlib
import copy
import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from strop.base.errors import Malformed, ScorerFailed, TaskError
from strop.checks.relay import NO_ANSWERS, PERFECT, WORTHLESS, OriginalRun
from strop.checks.sampling import canonical
from strop.checks.spoiling import MARK, MUTATIONS, spoil, telling
from strop.evaluation.base import Order
from strop.evaluation.instances import DrawnInstances
from strop.evaluation.measure import measure
from strop.sandbox.base import Outcome, Returned, Sandbox
from strop.sandbox.wire import decode, encode_parts
from strop.tasks.base import SecretSeeds, Task
from strop.tasks.constructions.task import ConstructionTask
from strop.tasks.form import AnswerForm
from strop.tasks.function.task import FunctionTask
from strop.tasks.numbers import rebuilt

LEAST_INSTANCES, MOST_INSTANCES = 8, 20
"""How many instances answers are scored on."""
SCOPE = "check/relay"
OF_PARTS = ("cut", "part", "written_code")
"""What is spoiled where the task declares its answer: anything else that it accepts is an answer."""


class HostRelay:
    """The answers of a task's original on their way to its `score`, or to its `accept`, in this process: a `Relay`."""

    def __init__(self, task: Task, sandbox: Sandbox, secret: bytes) -> None:
        """Runs the original. Raises TaskError: the task is broken; SandboxError: the host could not run a guest."""
        self._task, self._sandbox, self._secret = task, sandbox, secret
        self._timed = task if isinstance(task, FunctionTask) and task.by_time else None
        self._instances = DrawnInstances(task, "train", SecretSeeds(secret))
        self.executed = False
        self.failed = self.broke = ""
        """What `score` raised in place of Malformed; and what breaks the task, such as a score outside [0, 1]."""
        self.run, answers = self._run(SCOPE, self._instances)
        self._honest = answers
        self._form = AnswerForm()
        for answer in answers:
            self._form.see(answer)
        self.honest = self._scores(answers) if len(answers) == self._count else None
        """Scores of the original; None if it fails, or an answer is refused."""

    @property
    def _count(self) -> int:
        task = self._task
        if isinstance(task, ConstructionTask) or (isinstance(task, FunctionTask) and task.cases):
            return task.count("train")
        return max(LEAST_INSTANCES, min(MOST_INSTANCES, task.instances))

    @property
    def is_perfect(self) -> bool:
        return self._timed is not None or (self.honest is not None and min(self.honest) >= PERFECT)

    @property
    def unacceptable(self) -> Sequence[str]:
        return NO_ANSWERS if self._timed is None else WORTHLESS

    def ways(self) -> Sequence[tuple[str, Any]]:
        if self.honest is None or (self._timed is not None and self._timed.accept is None):
            return ()
        names = MUTATIONS if self._task.answer is None else OF_PARTS
        return [(name, variant) for name, variant in telling() if name in names and MUTATIONS[name].kind != "absent"]

    def run_again(self, scope: str = SCOPE) -> OriginalRun:
        """The original on the same instances, drawn again. Equal scopes give it equal random numbers."""
        return self._run(scope, DrawnInstances(self._task, "train", SecretSeeds(self._secret)))[0]

    def without_program(self) -> tuple[Sequence[float], Sequence[float]] | None:
        """(scores of no answer, those of the original); None if no answer is refused."""
        if self._timed is not None or self.honest is None:
            return None
        scores = self._scores([None] * self._count)
        return None if scores is None else (scores, self.honest)

    def scored(self, name: str, variant: Any) -> Sequence[float] | None:
        if not name:
            return self._scores(self._honest)
        answers = [self._spoiled(name, variant, index) for index in range(self._count)]
        if all(canonical(made) == canonical(answer) for made, answer in zip(answers, self._honest, strict=True)):
            return None
        if name != "written_code":
            return self._scores(answers)
        with contextlib.redirect_stderr(io.StringIO()) as printed:
            scores = self._scores(answers)
        self.executed = self.executed or MARK in printed.getvalue()
        return scores

    def _run(self, scope: str, drawn: DrawnInstances) -> tuple[OriginalRun, list[Any]]:
        task = replace(self._task, instances=self._count)
        if isinstance(task, FunctionTask) and task.by_time:  # its answers, whatever they cost
            task = replace(task, by_time=False, score=lambda instance, answer: 0.5)
        order = Order(scope, task.seed, task.name, "train", SecretSeeds(self._secret), self._secret)
        outcomes: list[Outcome] = []
        with np.errstate(all="ignore"):
            evaluation = measure(task, order, drawn, self._sandbox, outcomes.append).result()
        answers = [rebuilt(outcome.value) for outcome in outcomes if isinstance(outcome, Returned)]
        metrics = tuple({"score": score} for score in evaluation.scores) if self._timed is None else ()
        return OriginalRun(tuple(map(canonical, answers)), metrics, evaluation.notes), answers

    def _spoiled(self, name: str, variant: Any, index: int) -> Any:
        answer, others = self._honest[index], [*self._honest[:index], *self._honest[index + 1 :]]
        try:
            made = spoil(name, variant, answer, list(self._instances[index][0].inputs.values()), others)
            return rebuilt(decode(*encode_parts(made)))  # as from a guest
        except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError):
            return answer

    def _scores(self, answers: Sequence[Any]) -> Sequence[float] | None:
        """Of one answer for each instance, scored as a candidate's; None if one is refused."""
        try:
            with np.errstate(all="ignore"):
                return [self._score(index, copy.deepcopy(answer)) for index, answer in enumerate(answers)]
        except Malformed:
            return None
        except ScorerFailed as error:
            self.failed = self.failed or str(error)
        except TaskError as error:
            self.broke = self.broke or str(error)
        return None

    def _score(self, index: int, answer: Any) -> float:
        instance = self._instances[index][0]
        if self._task.answer is None:
            with contextlib.suppress(Malformed):  # one in another form is scored, too: the task could declare that form
                answer = self._form.taken(answer)
        if self._timed is None:
            return self._task.checked_score(instance, answer)
        if why := self._timed.objection(instance, answer, self._honest[index], own=False):
            raise Malformed(why)
        return 1.0
