"""Relays of an original's answers to their scorer: in the host, or on their way to a judge or an evaluator."""

from __future__ import annotations

import contextlib
import copy
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

from strop.base.errors import Malformed, ScorerAtLimit, ScorerFailed, TaskError
from strop.base.later import dataclass, np
from strop.checks.spoiling import MARK, MUTATIONS, TEXTS, NotApplicable, spoil, spoil_text, telling
from strop.evaluation.base import Order, OrderResult
from strop.evaluation.batches import Batch, batch_program, run_batch
from strop.evaluation.commands.built_program import ProgramRun
from strop.evaluation.commands.measure import Spoiled, spoiling
from strop.evaluation.commands.original import NO_PROGRAM
from strop.evaluation.instances import DrawnInstances, Input
from strop.evaluation.measure import measure
from strop.evaluation.outcomes import guest_program, limits_of
from strop.evaluation.workers import JailedWorker
from strop.sandbox.base import Outcome, Returned, Sandbox
from strop.sandbox.strop_plain_data import decode, encode
from strop.tasks.base import SecretSeeds, Task
from strop.tasks.command.bundle import bundled
from strop.tasks.command.score_kinds import COUNTED_BY_KERNEL, RATES
from strop.tasks.command.task import AnyTask, CommandTask
from strop.tasks.function.task import FunctionTask
from strop.tasks.identity import trial_secret
from strop.tasks.values import AnswerForm, canonical, rebuilt

LEAST_INSTANCES, MOST_INSTANCES = 8, 20
"""The least and the greatest number of instances on which answers are scored."""
FEW = 4
"""How many of these instances a function is timed on in new processes."""
SCOPE = "check/relay"
OF_PARTS = ("cut", "part", "written_code")
"""The ways to spoil an answer whose form the task declares. Whatever else has that form is an answer."""
LEAST = 1e-9
"""The rounding error of scores: smaller differences do not count."""
PERFECT = 1.0 - LEAST
NO_ANSWERS = ("gone", "code")
"""Kinds that must not have the best score there is."""
WORTHLESS = (*NO_ANSWERS, "part", "unseen", "value", "unfit")
"""Kinds of spoiled answers that `accept` or an accepting judge must refuse, because an accepted answer is as good as the
original's and may cost less."""


@dataclass(frozen=True)
class OriginalRun:
    """The original on the first training instances; one entry for each of them."""

    answers: tuple[str, ...]
    """A text for each answer, equal for equal answers; empty where only the score of an answer is seen."""
    metrics: tuple[Mapping[str, float], ...]
    """The metrics of each instance, without those that the kernel counts."""
    notes: tuple[str, ...]


class HostRelay:
    """The answers of a task's original on their way to its `score`, or to its `accept`, in this process."""

    def __init__(self, task: Task, sandbox: Sandbox, secret: bytes) -> None:
        """Run the original. Raises TaskError if the task is broken, and SandboxError if the host could not run a guest."""
        self._task, self._sandbox, self._secret = task, sandbox, secret
        self.timed = task if isinstance(task, FunctionTask) and task.by_time else None
        """The task, if it is scored by time."""
        self._instances = DrawnInstances(task, "train", SecretSeeds(secret))
        self.executed = self._differs = False
        """Whether code in a spoiled answer has run; whether any other answers had other scores than the original's."""
        self.failed = self.broke = ""
        """The error that `score` raised in place of Malformed, and the error that breaks the task, such as a score outside [0,
        1]."""
        self.run, answers = self._run(SCOPE, self._instances)
        self._honest = answers
        self._form = AnswerForm()
        for answer in answers:
            self._form.learn(answer)
        self.honest: Sequence[float] | None = None
        self.honest = self._scores(answers) if len(answers) == self._count else None
        """Scores of the original; None if it fails, or an answer is refused."""

    @property
    def _count(self) -> int:
        task = self._task
        if task.problem is not None or task.cases:
            return task.count("train")
        return max(LEAST_INSTANCES, min(MOST_INSTANCES, task.instances))

    @property
    def is_perfect(self) -> bool:
        """Whether the original's answers have the best score there is, so that no spoiled answer could have a better one."""
        return self.timed is not None or (self.honest is not None and min(self.honest) >= PERFECT)

    @property
    def unacceptable(self) -> Sequence[str]:
        """Kinds of spoiled answers that must not be as good as the original's, where nothing is better than those."""
        return NO_ANSWERS if self.timed is None else WORTHLESS

    def ways(self) -> Sequence[tuple[str, Any]]:
        """The ways to spoil an answer, as (name, variant), the most telling first."""
        if self.honest is None or (self.timed is not None and not self.timed.has_accept):
            return ()
        names = MUTATIONS if self._task.answer is None else OF_PARTS
        return [(name, variant) for name, variant in telling() if name in names and MUTATIONS[name].kind != "absent"]

    def run_again(self, scope: str = SCOPE) -> OriginalRun:
        """A further run of the original on the same instances, drawn again. Equal scopes give it equal random numbers."""
        return self._run(scope, DrawnInstances(self._task, "train", SecretSeeds(self._secret)))[0]

    def first_and_later(self) -> tuple[float, float]:
        """Mean CPU seconds of a call of the original on a few instances, measured in two ways: each call in a process that has
        answered one other, and all calls in a process that has answered many others."""
        program = guest_program(self._task, self._task.seed)
        inputs = [self._instances[index] for index in range(self._count)]
        own, others = inputs[:FEW], inputs[FEW:]

        def spent(before: Sequence[Input], calls: Sequence[Input]) -> float:
            with self._sandbox.open(batch_program(program), limits_of(self._task)) as guest:
                guest.call({}, seed=None)  # loads it
                run_batch(guest, Batch(before), 0)
                return run_batch(guest, Batch(calls), 0).calls / FEW

        return sum(spent(others[:1], [one_input]) for one_input in own), spent(others, own)

    @property
    def draws_one_input(self) -> bool:
        """Whether several instances of training have one and the same input."""
        inputs = [self._instances[index][1].encoded for index in range(self._count)]
        return len(inputs) > 1 and len({*inputs}) == 1

    def without_program(self) -> tuple[Sequence[float], Sequence[float]] | None:
        """Scores of a missing answer and of the original's. None if a missing answer is refused, or if answers that are spoiled
        or belong to other instances have other scores than the original's."""
        if self.timed is not None or self.honest is None:
            return None
        with contextlib.suppress(Malformed, TaskError), np.errstate(all="ignore"):
            self._scores([*self._honest[1:], *self._honest[:1]])
            if not self._differs:
                return [
                    self._task.checked_score(instance, None)
                    for instance, _ in map(self._instances.__getitem__, range(self._count))
                ], self.honest
        return None

    def scored(self, name: str, variant: Any) -> Sequence[float] | None:
        """The scores, in [0, 1], of the original's answers spoiled in one way, one for each instance in the same order each time.
        With an empty name the answers are not spoiled.

        An answer that cannot be spoiled in this way stays as it is. None if the way changes no answer, or if an answer is
        refused.

        Raises:
            ScorerAtLimit: the scorer reaches its limit on an answer.
        """
        if not name:
            return self._scores(self._honest)
        answers = [self._spoiled(name, variant, index) for index in range(self._count)]
        if all(canonical(made) == canonical(answer) for made, answer in zip(answers, self._honest, strict=True)):
            return None
        if name != "written_code":
            return self._scores(answers)
        with contextlib.redirect_stderr(io.StringIO()) as printed:
            try:
                return self._scores(answers)
            finally:
                self.executed = self.executed or MARK in printed.getvalue()

    def _run(self, scope: str, drawn: DrawnInstances) -> tuple[OriginalRun, list[Any]]:
        task = replace(self._task, instances=self._count)
        if self.timed is not None:  # its answers, whatever they cost
            task = replace(self.timed, instances=self._count, by_time=False, score=lambda instance, answer: 0.5)
        order = Order(scope, task.seed, task.name, "train", SecretSeeds(self._secret), self._secret)
        outcomes: list[Outcome] = []
        with np.errstate(all="ignore"):
            evaluation = measure(task, order, drawn, self._sandbox, outcomes.append).result()
        answers = [rebuilt(outcome.value) for outcome in outcomes if isinstance(outcome, Returned)]
        metrics = tuple({"score": score} for score in evaluation.scores) if self.timed is None else ()
        return OriginalRun(tuple(map(canonical, answers)), metrics, evaluation.notes), answers

    def _spoiled(self, name: str, variant: Any, index: int) -> Any:
        answer = self._honest[index]
        try:
            made = spoil(name, variant, answer, list(self._instances[index][0].inputs.values()))
            return rebuilt(decode(encode(made, subclasses=True, python=True), hashed=False))  # as from a guest
        except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError):
            return answer

    def _scores(self, answers: Sequence[Any]) -> Sequence[float] | None:
        """The scores of one answer for each instance, scored as a candidate's; None if an answer is refused. Raises
        ScorerAtLimit."""
        try:
            with np.errstate(all="ignore"):
                scores = [self._score(index, copy.deepcopy(answer)) for index, answer in enumerate(answers)]
        except Malformed:
            return None
        except ScorerAtLimit:
            raise
        except ScorerFailed as error:
            self.failed = self.failed or str(error)
        except TaskError as error:
            self.broke = self.broke or str(error)
        else:
            self._differs = self._differs or (self.honest is not None and scores != self.honest)
            return scores
        return None

    def _score(self, index: int, answer: Any) -> float:
        instance = self._instances[index][0]
        if self.timed is None:
            return self._task.checked_score(instance, answer, self._form if self._task.answer is None else None)
        if why := self.timed.objection(instance, answer, self._honest[index], own=False):
            raise Malformed(why)
        return 1.0


class CommandRelay:
    """The answers of a command's original on their way to its evaluator or judge."""

    def __init__(self, task: CommandTask, runs: Spoiled, measure: Callable[[str], OrderResult]) -> None:
        """`runs` runs the original with spoiled answers; `measure` measures a program as a run does."""
        self._task, self._runs, self._measure = task, runs, measure
        self._honest: Sequence[ProgramRun] = ()
        self._latest: Sequence[ProgramRun] = ()
        """The last runs whose answers a judge still has; empty once an answer was spoiled."""
        readers = task.objective.readers
        self._has_judge = task.judge is not None
        """Whether a judge reads what the original prints. Otherwise an evaluator calls it."""
        self._accepts = self._has_judge and all(how in COUNTED_BY_KERNEL for how in readers.values())
        """Whether the judge only accepts answers, so that an accepted answer is as good as the original's."""
        self.executed = False
        self.failed = self.broke = ""

    @property
    def unacceptable(self) -> Sequence[str]:
        return WORTHLESS if self._accepts else NO_ANSWERS

    @property
    def is_perfect(self) -> bool:
        """Whether no program can be better than the original: the judge only accepts answers, or the original's rate is 1."""
        objective = self._task.objective
        return self._accepts or (
            objective.reader in RATES and all(run.values.get(objective.metric.name) == 1 for run in self._honest)
        )

    def ways(self) -> Sequence[tuple[str, Any]]:
        """The ways to spoil an answer that is a value, or one that is printed, as (name, variant). Empty if the program computes
        its score itself."""
        if not self._task.is_judged:
            return ()
        return [(name, None) for name in TEXTS] if self._has_judge else telling()

    def run_again(self) -> OriginalRun:
        """A further run of the original on the same instances. If they are drawn, there are at least two."""
        runs = self._runs(None, 2)
        self._latest = runs[: self._task.count("train")]
        answers = [run.answer if run.behaviour is None else run.behaviour.name for run in runs]
        names = [name for name, how in self._task.objective.readers.items() if how not in COUNTED_BY_KERNEL]
        metrics = [{name: run.values[name] for name in names if name in run.values} for run in runs]
        return OriginalRun(tuple(answers), tuple(metrics), tuple(note for run in runs for note in run.notes))

    def without_program(self) -> tuple[Sequence[float], Sequence[float]] | None:
        """Values of the metric of a program that answers nothing, and of the original. None if such a program has none, or if
        costs count."""
        objective, (original, *_) = self._task.objective, self._honest or self._latest or self._runs(None)
        if objective.counts_cost or not original.values:
            return None
        if self._task.is_judged:
            values = self._runs(NO_ANSWER)[0].values
        else:
            evaluation = self._measure(bundled(dict.fromkeys(self._task.files, NO_PROGRAM))).evaluation
            values = evaluation.metrics[0] if evaluation is not None and evaluation.verdict == "ok" else {}
        if not values or objective.unmet(values):
            return None
        return [objective.counted(values)], [objective.counted(original.values)]

    def scored(self, name: str, variant: Any) -> Sequence[float] | None:
        """The utilities of the original's answers spoiled in one way, one for each instance, 1/2 for the original's own. If
        nothing can be better than the original, 1 for an equally good answer. None if an answer is refused or not changed.

        Raises:
            ScorerAtLimit: the judge or the evaluator reaches its limit on a spoiled answer.
        """
        runs = (not name and self._latest) or self._runs(self._spoil(name, variant))
        self._latest = ()
        self.executed = self.executed or any(MARK in note for run in runs for note in run.notes)
        if name and runs and runs[-1].scorer_limit:
            raise ScorerAtLimit(runs[-1].scorer_limit)
        if not runs or not all(run.values for run in runs):
            return None
        if not name:
            self._honest = self._honest or runs
        elif self._has_judge and all(_spoiled_output(name, run.output) == run.output for run in runs):
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
        if self._has_judge:
            return {"text": partial(_spoiled_output, name)}
        return {"value": partial(spoil, name, variant), "raises": name == "skipped"}


def _raises(*answer: object) -> None:
    raise RuntimeError("there is no answer")


Relay: TypeAlias = HostRelay | CommandRelay
"""The relay of an original's answers: in the host, or on their way to an evaluator or a judge."""
NO_ANSWER = {"text": lambda output: "", "value": _raises, "raises": True}
"""Spoils an answer so that it is missing: an evaluator gets an exception from each call, a judge an empty output."""


def _spoiled_output(name: str, output: str) -> str:
    """The spoiled output of a program; the output itself if it cannot be spoiled in this way."""
    try:
        return spoil_text(name, output)
    except NotApplicable:
        return output


def to_relay(task: AnyTask, secret: bytes) -> Order:
    """The order of a task's original for `relay_of`, which needs its baseline (strop.evaluation.baselines). Its secret depends on
    the task alone (`trial_secret`)."""
    return Order(SCOPE, task.seed, task.name, "train", SecretSeeds(secret), trial_secret(task))


@contextmanager
def relay_of(worker: JailedWorker, order: Order) -> Iterator[Relay]:
    """The relay of a task's original in a worker, with the original's answers to instances that the order's secret draws.

    Raises:
        TaskError: the task is broken.
        SandboxError: the host could not run a guest.
    """
    task = worker.task_of(order)
    if task.root is None:
        yield HostRelay(task, worker.sandbox_of(task), order.secret)
        return
    with spoiling(task, order, worker.pool) as run:
        yield CommandRelay(task, run, lambda program: worker.measure(replace(order, program=program)))
