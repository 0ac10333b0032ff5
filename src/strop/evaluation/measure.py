"""Measure a program: run it in the jail on the instances of a split and score its answers in this process."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import cycle
from typing import Any

from strop.analysis.audit.runtime import OUT_OF_BOUNDS, SCORER_CHOKED
from strop.base.errors import Malformed, SandboxError, ScorerFailed, StropError, UtilityOutOfBounds
from strop.base.events import AuditNoted
from strop.base.randomness import derive
from strop.base.results import Evaluation, Verdict, added
from strop.base.scorer_notes import collecting, shortened
from strop.evaluation.audit_log import AuditLog
from strop.evaluation.base import Order, OrderResult
from strop.evaluation.feedback import Feedback
from strop.evaluation.instances import DrawnInstances, answers_to_others
from strop.evaluation.outcomes import REPORT_CHARACTERS, explain, limits_of, verdict_of
from strop.evaluation.paired import measure_paired
from strop.sandbox.base import Call, GuestProgram, Limits, Outcome, Returned, Sandbox
from strop.tasks.base import Instance, Task
from strop.tasks.construction import answer_as_json
from strop.tasks.problem import VALUE, Problem
from strop.tasks.values import AnswerForm, rebuilt

TIMEOUTS = 4
"""If this many first instances all time out, the others are not run. One answer in time keeps the score."""


def measure(
    task: Task,
    order: Order,
    drawn: DrawnInstances,
    sandbox: Sandbox,
    heard: Callable[[Outcome], object] = lambda outcome: None,
) -> OrderResult:
    """Carry out an order: the mean score over the instances of its split, or the speed if the task is scored by time. `heard` is
    called with the outcome of each instance.

    Raises:
        SandboxError: the host could not run a guest; the order can be given again.
    """
    notes: list[AuditNoted] = []
    how = measure_paired if task.by_time else _measure_score
    try:
        with AuditLog(notes.append, order.scope, order.program, heard) as log:  # type: ignore[arg-type]
            evaluation = how(task, order, drawn, sandbox, log, limits_of(task))  # type: ignore[arg-type]
    except Malformed as reason:
        evaluation = Evaluation(value=0.0, verdict="malformed", error=shortened(str(reason), REPORT_CHARACTERS))
    except SandboxError:
        raise
    except StropError as error:  # the task is broken, wherever the order is carried out
        return OrderResult(None, tuple(notes), error)
    return OrderResult(evaluation, tuple(notes))


def _measure_score(
    task: Task, order: Order, drawn: DrawnInstances, sandbox: Sandbox, log: AuditLog, limits: Limits
) -> Evaluation:
    program = GuestProgram(task.program(order.program), task.entry, module=task.module)
    tally, original = _Tally(task, order), drawn.original
    form = original.form(task, order, drawn, sandbox)
    instances = deque[Instance]()

    def calls() -> Iterator[Call]:
        for index in range(order.count(task)):
            instance, arguments = drawn[index]
            instances.append(instance)
            tally.known += drawn.is_known(arguments)
            # 64 bits seed the guest's generators; they are unrelated to the seeds of the instances
            yield arguments, derive(order.secret, "guest", order.scope, order.split, index) & (2**64 - 1)

    run = _run_apart if order.decides or task.isolate == "instance" else _run_together
    with closing(run(sandbox, program, limits, calls())) as outcomes:
        for outcome in outcomes:
            log.observe(outcome)
            instance = instances.popleft()
            with collecting() as collected:  # on every split, so that no note of a sealed instance escapes
                check = partial(original.check_scorer, task, order, drawn, sandbox, tally.next)
                scored = partial(task.checked_score, instance, form=form)
                score, verdict, error = _judge(outcome, scored, log, check, strict=order.strict)
            if task.problem is not None:
                tally.verified(task.problem, outcome.value if isinstance(outcome, Returned) else None, score, verdict)
            tally.add(outcome, score, verdict)
            tally.explain(instance, error, collected.texts)
            if tally.is_settled:
                break
    if not order.carries(task):
        return tally.evaluation
    given = answers_to_others(task, order, drawn, lambda: sandbox.open(program, limits))
    worth = (
        _worth(task, drawn[index][0], answer, form) for index, answer in zip(range(order.count(task)), cycle(given))
    )
    with collecting():
        return replace(tally.evaluation, carried=tuple(worth))


def _worth(task: Task, instance: Instance, answer: Outcome, form: AnswerForm | None) -> float:
    """The score of an answer to another instance; 0 if there is none, or it is refused."""
    try:
        return task.checked_score(instance, answer.value, form=form) if isinstance(answer, Returned) else 0.0
    except (Malformed, ScorerFailed, UtilityOutOfBounds):
        return 0.0


def _run_together(sandbox: Sandbox, program: GuestProgram, limits: Limits, calls: Iterable[Call]) -> Generator[Outcome]:
    """All calls in one process, until one fails."""
    with sandbox.open(program, limits) as guest:
        yield from guest.calls(calls)


def _run_apart(sandbox: Sandbox, program: GuestProgram, limits: Limits, calls: Iterable[Call]) -> Generator[Outcome]:
    """Each call in a process of its own."""
    for arguments, seed in calls:
        with sandbox.open(program, limits) as guest:
            outcome = guest.call(arguments, seed=seed)
        yield outcome


def _judge(
    outcome: Outcome,
    score: Callable[[Any], float],
    log: AuditLog,
    check_scorer: Callable[[ScorerFailed], None],
    *,
    strict: bool,
) -> tuple[float, Verdict, str]:
    """The score of an answer, the verdict and the error. `check_scorer` raises if a failure of the scorer is nobody's fault."""
    if not isinstance(outcome, Returned):
        return 0.0, verdict_of(outcome), explain(outcome)
    try:
        return score(outcome.value), "ok", ""
    except Malformed as error:
        return 0.0, "malformed", f"malformed answer: {error}"
    except UtilityOutOfBounds as error:
        if not strict:  # with the seed, the scorer itself is wrong
            log.scorer(OUT_OF_BOUNDS, str(error))
        raise
    except ScorerFailed as error:
        check_scorer(error)
        log.scorer(SCORER_CHOKED, str(error))
        return 0.0, "malformed", f"the answer cannot be scored: {error}"


class _Tally:
    """Adds up the instances of one evaluation."""

    def __init__(self, task: Task, order: Order) -> None:
        self._split, self._count = order.split, order.count(task)
        self._decides, self._fails_whole = order.decides, task.failure == "utility" and not order.decides
        self._scores: list[float] = []
        self._verdicts: list[Verdict] = []
        self._errors: list[str] = []
        self._feedback = Feedback()
        self._seconds: list[float] = []
        self._wall = 0.0
        self._metrics: list[Mapping[str, float]] = []
        self._construction = ""
        self.known = 0  # instances whose input training had

    def verified(self, problem: Problem, answer: Any, score: float, verdict: Verdict) -> None:
        """Keep the value of the next instance, and its answer if it is the best so far."""
        is_valid = verdict == "ok"
        self._metrics.append({VALUE: problem.value_of(score)} if is_valid else {})
        if is_valid and score > max(self._scores, default=-1.0):
            self._construction = answer_as_json(rebuilt(answer))

    def add(self, outcome: Outcome, score: float, verdict: Verdict) -> None:
        """Count the next instance."""
        self._seconds.append(outcome.spent.cpu_seconds)
        self._wall += outcome.spent.wall_seconds
        self._scores.append(score)
        self._verdicts.append(verdict)

    def explain(self, instance: Instance, error: str, notes: Sequence[str]) -> None:
        """Keep what is known of the last instance: why it failed, and the scorer's notes."""
        index, verdict = self.next - 1, self._verdicts[-1]
        self._feedback.noted(index, notes)
        if verdict != "ok":
            self._errors.append(f"instance {index}: {error}")
            self._feedback.failed(index, instance, verdict, error)

    @property
    def next(self) -> int:
        """The number of the next instance."""
        return len(self._scores)

    @property
    def is_settled(self) -> bool:
        """Whether the remaining instances cannot change the utility, or the first ones all timed out."""
        if self._decides:
            return False
        if self._errors and self._fails_whole:
            return True
        return len(self._scores) == TIMEOUTS < self._count and set(self._verdicts) == {"timeout"}

    @property
    def evaluation(self) -> Evaluation:
        """The evaluation of all instances."""
        scores, verdicts, errors = self._scores, self._verdicts, self._errors
        left = self._count - len(scores)
        if left and not self._fails_whole:
            errors = [f"the first {TIMEOUTS} instances timed out, so {left} more were not run; {errors[0]}"]
            scores, verdicts = scores + [0.0] * left, verdicts + ["timeout"] * left
        failed = bool(errors) and self._fails_whole
        return Evaluation(
            value=0.0 if failed else added(scores) / len(scores),
            verdict=next((verdict for verdict in verdicts if verdict != "ok"), "ok"),
            scores=tuple(scores),
            verdicts=tuple(verdicts),
            error=shortened(errors[0], REPORT_CHARACTERS) if errors else "",
            cpu_seconds=added(self._seconds),
            seconds=tuple(self._seconds),
            wall_seconds=self._wall,
            notes=self._feedback.notes if self._split == "train" else (),
            metrics=tuple(self._metrics),
            construction=self._construction,
            known=self.known,
        )
