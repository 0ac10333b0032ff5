"""The utility of a function that should become faster: CPU time relative to the original's, for equal answers.

Both run in separate jails, in turns, once on each instance. On the sealed split each instance has fresh processes: two processes
of one program differ in speed by some percent, which no number of turns averages out. The host compares the answers and reads the
times from the kernel, which no program can forge. Both times include the cost of receiving arguments and sending the answer, so
instances that take less than a few milliseconds say little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from strop.base.errors import TaskError
from strop.base.randomness import derive
from strop.base.results import Evaluation, Verdict, added
from strop.evaluation.audit_log import AuditLog
from strop.evaluation.base import Order
from strop.evaluation.feedback import Feedback
from strop.evaluation.instances import DrawnInstances
from strop.evaluation.outcomes import REPORT_CHARACTERS, explain, verdict_of
from strop.sandbox.base import Guest, GuestProgram, Limits, Outcome, Returned, Sandbox
from strop.tasks.function.same import difference
from strop.tasks.function.task import SECONDS, FunctionTask

_AFTER_A_CALL = """

def arguments_after_a_call(*args, **kwargs):
    {call}
    return [*args, *kwargs.values()]


arguments_after_a_call.__wrapped__ = {entry}
"""
"""Put behind the original, to see whether it changes its arguments."""


def measure_speed(
    task: FunctionTask, order: Order, drawn: DrawnInstances, sandbox: Sandbox, log: AuditLog, limits: Limits
) -> Evaluation:
    """The mean of 1 / (1 + t / t0) over the instances. The original's own text has 1/2 by definition and is not timed.

    Raises:
        Malformed: the text is not a program of the task.
        TaskError: the original does not answer, or changes its arguments, which nothing compares.
        SandboxError: the host failed.
    """
    program, original = task.program(order.program), task.program(task.seed)

    @contextmanager
    def opened() -> Iterator[tuple[Guest, Guest]]:
        with (
            sandbox.open(GuestProgram(original, task.entry), limits) as second,
            sandbox.open(GuestProgram(program, task.entry), limits) as first,
        ):
            yield second, first

    own = program == original
    if own and order.split == "train":
        _check_arguments(task, order, drawn, sandbox, limits)
    return _Turns(task, order, drawn, opened, log).evaluation(own=own)


def _check_arguments(task: FunctionTask, order: Order, drawn: DrawnInstances, sandbox: Sandbox, limits: Limits) -> None:
    """Raises TaskError if the original changes an argument: a candidate that leaves this out would be called faster."""
    seen = []
    for call in ("pass", f"{task.entry}(*args, **kwargs)"):
        text = task.program(task.seed) + _AFTER_A_CALL.format(call=call, entry=task.entry)
        with sandbox.open(GuestProgram(text, "arguments_after_a_call"), limits) as guest:
            seen.append([guest.call(drawn[index][1], seed=0) for index in range(task.count(order.split))])
    for before, after in zip(*seen, strict=True):
        if isinstance(before, Returned) and isinstance(after, Returned) and difference(before.value, after.value):
            raise TaskError(
                f"task {task.name}: the original changes its arguments, and only answers are compared; work on a copy, "
                "and return what is computed"
            )


class _Turns:
    """The calls of the original and of a program, in turns."""

    def __init__(
        self,
        task: FunctionTask,
        order: Order,
        drawn: DrawnInstances,
        opened: Callable[[], AbstractContextManager[tuple[Guest, Guest]]],
        log: AuditLog,
    ) -> None:
        """`opened` gives fresh processes of the original and of the program."""
        self._task, self._order, self._drawn, self._opened, self._log = task, order, drawn, opened, log
        self._feedback = Feedback()
        self._scores: list[float] = []
        self._times: list[dict[str, float]] = []
        self._before: list[dict[str, float]] = []
        self._is_silent = True
        """Whether the original has returned nothing but None."""

    def evaluation(self, *, own: bool) -> Evaluation:
        """Time both on every instance. `own`: the program is the original."""
        indices = range(self._task.count(self._order.split))
        fresh = self._order.split == "test"
        for group in [[index] for index in indices] if fresh else [indices]:
            with self._opened() as (original, guest):
                for index in group:
                    verdict, why = self._measure(original, original if own else guest, index)
                    if verdict != "ok":
                        return self._failed(index, verdict, why)
        if own and self._is_silent:
            raise TaskError(
                f"task {self._task.name}: the original returns None for every instance, so there is no answer to compare; "
                "return what it computes"
            )
        return Evaluation(
            value=added(self._scores) / len(self._scores),
            verdict="ok",
            scores=tuple(self._scores),
            verdicts=_ok(self._scores),
            cpu_seconds=sum(row[SECONDS] for row in self._times),
            notes=self._notes,
            metrics=tuple(self._times),
            beside=tuple(self._before),
        )

    def _measure(self, original: Guest, guest: Guest, index: int) -> tuple[Verdict, str]:
        """Time one instance; the verdict and why."""
        own = guest is original
        # One call per instance: a program could remember the answer of the first.
        first = self._returned(original, index) if own or index % 2 == 0 else None
        outcome: Outcome = first if own and first else self._call(guest, index)
        expected = first or self._returned(original, index)
        self._log.observe(outcome)
        verdict, why = _judged(outcome, expected)
        self._is_silent = self._is_silent and expected.value is None
        if verdict == "ok":
            t, t0 = outcome.spent.cpu_seconds, expected.spent.cpu_seconds
            self._scores.append(t0 / (t0 + t) if t0 + t > 0 else 0.5)
            self._times.append({SECONDS: t})
            self._before.append({SECONDS: t0})
        return verdict, why

    @property
    def _notes(self) -> tuple[str, ...]:
        return self._feedback.notes if self._order.split == "train" else ()

    def _failed(self, index: int, verdict: Verdict, error: str) -> Evaluation:
        """One failure costs the whole utility: a function with other answers is another function."""
        self._feedback.failed(index, self._drawn[index][0], verdict, error)
        return Evaluation(
            value=0.0,
            verdict=verdict,
            scores=(*self._scores, 0.0),
            verdicts=(*_ok(self._scores), verdict),
            error=f"instance {index}: {error}"[:REPORT_CHARACTERS],
            notes=self._notes,
        )

    def _returned(self, original: Guest, index: int) -> Returned:
        outcome = self._call(original, index)
        if not isinstance(outcome, Returned):
            name = self._task.name
            raise TaskError(f"task {name}: the original fails on instance {index}: {explain(outcome)[:300]}")
        return outcome

    def _call(self, guest: Guest, index: int) -> Outcome:
        # The same seed for both, so that neither can tell which program it is.
        seed = derive(self._order.secret, "guest", "speed", self._order.split, index) & (2**64 - 1)
        return guest.call(self._drawn[index][1], seed=seed)


def _ok(scores: list[float]) -> tuple[Verdict, ...]:
    ok: Verdict = "ok"
    return (ok,) * len(scores)


def _judged(outcome: Outcome, expected: Returned) -> tuple[Verdict, str]:
    if not isinstance(outcome, Returned):
        return verdict_of(outcome), explain(outcome)
    if other := difference(expected.value, outcome.value):
        return "malformed", f"malformed answer: {other}"
    return "ok", ""
