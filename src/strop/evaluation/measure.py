"""Measure a program: run it in the jail on the instances of a split and score its answers in this process."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any, cast

from strop.base.errors import Malformed
from strop.base.randomness import derive
from strop.base.results import Evaluation
from strop.base.scorer_notes import collecting
from strop.evaluation.audit_log import AuditLog
from strop.evaluation.base import Order, OrderResult
from strop.evaluation.batches import AnswerDetails
from strop.evaluation.instances import DrawnInstances
from strop.evaluation.left_behind import Leftovers
from strop.evaluation.outcomes import guest_program, limits_of
from strop.evaluation.paired import measure_paired
from strop.evaluation.tally import Tally, Worth, carried_out, judged
from strop.sandbox.base import Call, GuestProgram, Limits, Outcome, Returned, Sandbox
from strop.tasks.base import Instance, Task
from strop.tasks.construction import answer_as_json
from strop.tasks.function.task import FunctionTask
from strop.tasks.objective_facts import SCORE
from strop.tasks.problem import VALUE
from strop.tasks.values import rebuilt

LEFT = 4
"""Instances of which it is compared what the calls leave behind."""


def measure(
    task: Task,
    order: Order,
    drawn: DrawnInstances,
    sandbox: Sandbox,
    heard: Callable[[Outcome], object] = lambda outcome: None,
    progress: Callable[[int, int], object] = lambda number, count: None,
) -> OrderResult:
    """The result of an order: the mean score over the instances of its split, or the speed if the task is scored by time.

    `heard` is called with the outcome of each instance. `progress` is called as each measurement for a verdict begins, with its
    number from 1 and how many there are.

    Raises:
        SandboxError: the host could not run a guest; the order can be given again.
    """
    timed: Callable[..., Evaluation] = partial(measure_paired, progress=progress)
    how = timed if task.by_time else _measure_scores
    result = carried_out(order, lambda log: OrderResult(how(task, order, drawn, sandbox, log)), heard)
    if (found := result.evaluation) is None or found.value >= task.floor:
        return result
    return replace(result, evaluation=replace(found, value=task.floor))


def _measure_scores(task: Task, order: Order, drawn: DrawnInstances, sandbox: Sandbox, log: AuditLog) -> Evaluation:
    """The scores of a program; in the final comparison beside those of the original, which gets the same inputs and random
    numbers. A program that could not be run on all instances is not compared."""
    measured = _measure_score(task, order, drawn, sandbox, log)
    if not (order.is_final and task.facts.metric.is_score) or len(measured.scores) < len(
        order.numbers(order.count(task))
    ):
        return measured
    own = replace(order, program=task.seed)
    with AuditLog(lambda note: None, order.scope, task.seed) as unheard:  # training has heard the original
        original = _measure_score(task, own, drawn, sandbox, unheard)
    both = zip(original.verdicts, measured.verdicts, strict=True)
    fails = [programs != "ok" for originals, programs in both if originals != "ok"]
    return replace(
        measured,
        metrics=tuple({SCORE: score} for score in measured.scores),
        original_metrics=tuple({SCORE: score} for score in original.scores),
        failures=(len(fails), sum(fails)) if fails else (),
    )


def _measure_score(task: Task, order: Order, drawn: DrawnInstances, sandbox: Sandbox, log: AuditLog) -> Evaluation:
    program = guest_program(task, order.program)
    part = order.numbers(order.count(task))
    tally = Tally(order, len(part), part.start, planned=order.count(task) * order.is_final)
    tally.fails_whole = task.failure == "utility" and not order.is_final
    original = drawn.original
    form = original.form(task, order, drawn, sandbox)
    instances = deque[Instance]()

    def calls() -> Iterator[Call]:
        for index in part:
            instance, arguments = drawn[index]
            instances.append(instance)
            tally.seen_in_training += drawn.is_others(arguments)
            tally.asked(arguments)
            # 64 bits seed the guest's generators; they are unrelated to the seeds of the instances
            yield arguments, derive(order.secret, "guest", order.scope, order.split, index) & (2**64 - 1)

    run = _run_apart if order.is_final or task.isolate == "instance" else _run_together
    with closing(run(sandbox, program, limits_of(task), calls())) as outcomes:
        for outcome in outcomes:
            log.observe(outcome)
            instance = instances.popleft()
            lazy = outcome.lazy if isinstance(outcome, Returned) else ""
            judge = partial(task.checked_score, instance, form=form, lazy=lazy)
            with collecting() as collected:  # on every split, so that no note of a held-out instance escapes
                ask_original = partial(original.check_scorer, task, order, drawn, sandbox, tally.next)
                worth = judged(outcome, judge, log, ask_original, is_original=order.is_of_original(task))
            if task.problem is not None:
                tally.metrics.append({VALUE: task.problem.value_of(worth.score)} if worth.verdict == "ok" else {})
                if worth.answer is not None and worth.score > max(tally.scores, default=-1.0):
                    tally.construction = answer_as_json(rebuilt(worth.answer))
            tally.spent(outcome.spent.cpu_seconds, outcome.spent.wall_seconds, collected.texts)
            tally.add(worth, instance)
            if tally.is_settled:
                break
    if task.mark is None or part.start or "ok" not in tally.verdicts:
        return tally.evaluation
    left = Leftovers(cast("FunctionTask", task), drawn, sandbox, may_fail=order.split != "train")
    sound = [index for index, verdict in enumerate(tally.verdicts) if verdict == "ok"][:LEFT]
    inputs = [drawn[index] for index in sound]
    if order.is_of_original(task):
        tally.not_compared = left.not_compared((*sound,), inputs) if order.split == "train" else ()
    elif found := left.otherwise(program, (*sound,), inputs, _shares_more):
        tally = Tally(order, 1)
        tally.add(Worth(0.0, "malformed", f"malformed answer: {found[1].what}: {found[1].how}"), drawn[0][0])
    return tally.evaluation


def _shares_more(number: int, expected: Any, details: tuple[AnswerDetails, AnswerDetails], answer: Any) -> None:
    """Raise Malformed if an answer shares parts with an earlier one, and the original's does not: a `left_behind.Judge`. Answers
    may differ."""
    if details[1].shares and not details[0].shares:
        raise Malformed("it shares a part with the first")


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
