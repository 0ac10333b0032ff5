"""The utility of a function that should become faster: CPU time relative to the original's, for equal answers.

Both run in separate jails, in turns, once on each instance. The host compares the answers and reads the times from the kernel,
which no program can forge. Both times include the cost of receiving arguments and sending the answer, so instances that take
less than a few milliseconds say little.
"""

from __future__ import annotations

from dataclasses import dataclass

from strop.base.budget import Budget
from strop.base.errors import Malformed, TaskError
from strop.base.events import Recorder
from strop.base.randomness import derive
from strop.base.results import Evaluation, Verdict
from strop.core.audit_log import AuditLog
from strop.core.completed_work import NOTHING, CompletedWork
from strop.core.feedback import Feedback
from strop.core.utility import REPORT_CHARACTERS, WALL_FACTOR, WALL_FLOOR, OfTask, explain, measured_once, verdict_of
from strop.sandbox.base import Guest, Limits, Outcome, Program, Returned, Sandbox
from strop.tasks.base import Seeds, Split
from strop.tasks.function.task import SECONDS, FunctionTask, same_answer


@dataclass(frozen=True)
class SpeedUtility(OfTask):
    """The utility of a `FunctionTask` that is scored by time: the mean of 1 / (1 + t / t0) over its instances."""

    task: FunctionTask
    split: Split
    seeds: Seeds
    sandbox: Sandbox
    record: Recorder
    secret: bytes
    past: CompletedWork = NOTHING

    def evaluate(self, candidate: str | None, at: Budget) -> Evaluation:
        """The utility of a candidate. The original's own text has 1/2 by definition and is not timed.

        Raises:
            TaskError: the original does not answer.
            SandboxError: the host failed.
        """
        return measured_once(self, candidate, at, lambda text: self._measure(text, at.path))

    def _measure(self, candidate: str, path: str) -> Evaluation:
        task = self.task
        try:
            program = task.program(candidate)
        except Malformed as error:
            return Evaluation(value=0.0, verdict="malformed", error=str(error)[:REPORT_CHARACTERS])
        own = program == task.program(task.seed)
        limits = Limits(task.time_limit, max(WALL_FACTOR * task.time_limit, WALL_FLOOR), task.memory_limit)
        scores: list[float] = []
        times: list[dict[str, float]] = []
        before: list[dict[str, float]] = []
        feedback = Feedback()
        with (
            AuditLog(self.record, path, candidate) as notes,
            self.sandbox.open(Program(task.seed, task.entry), limits) as original,
            self.sandbox.open(Program(program, task.entry), limits) as guest,
        ):
            for index in range(task.count(self.split)):
                # One call per instance: a program could remember the answer of the first.
                first = self._returned(original, index) if own or index % 2 == 0 else None
                outcome: Outcome = first if own and first else self._call(guest, index)
                expected = first or self._returned(original, index)
                notes.observe(outcome)
                verdict, why = _judged(outcome, expected)
                if verdict != "ok":
                    feedback.failed(index, task.instance(self.split, index, self.seeds), verdict, why)
                    return self._failed(index, verdict, why, scores, feedback)
                t, t0 = outcome.spent.cpu_seconds, expected.spent.cpu_seconds
                scores.append(t0 / (t0 + t) if t0 + t > 0 else 0.5)
                times.append({SECONDS: t})
                before.append({SECONDS: t0})
        return Evaluation(
            value=sum(scores) / len(scores),
            verdict="ok",
            scores=tuple(scores),
            verdicts=_ok(scores),
            cpu_seconds=sum(row[SECONDS] for row in times),
            notes=feedback.notes if self.split == "train" else (),
            metrics=tuple(times),
            beside=tuple(before),
        )

    def _failed(self, index: int, verdict: Verdict, error: str, scores: list[float], feedback: Feedback) -> Evaluation:
        """One failure costs the whole utility: a function with other answers is another function."""
        return Evaluation(
            value=0.0,
            verdict=verdict,
            scores=(*scores, 0.0),
            verdicts=(*_ok(scores), verdict),
            error=f"instance {index}: {error}"[:REPORT_CHARACTERS],
            notes=feedback.notes if self.split == "train" else (),
        )

    def _returned(self, original: Guest, index: int) -> Returned:
        outcome = self._call(original, index)
        if not isinstance(outcome, Returned):
            raise TaskError(f"task {self.name}: the original fails on instance {index}: {explain(outcome)[:300]}")
        return outcome

    def _call(self, guest: Guest, index: int) -> Outcome:
        # The same seed for both, so that neither can tell which program it is.
        seed = derive(self.secret, "guest", "speed", self.split, index) & (2**64 - 1)
        instance = self.task.instance(self.split, index, self.seeds)
        try:
            return guest.call(list(instance.inputs.values()), seed=seed)
        except (TypeError, ValueError, RecursionError, OverflowError) as error:
            raise TaskError(
                f"task {self.name}: inputs of instance {index} cannot be sent to a guest: {error}"
            ) from error


def _ok(scores: list[float]) -> tuple[Verdict, ...]:
    ok: Verdict = "ok"
    return (ok,) * len(scores)


def _judged(outcome: Outcome, expected: Returned) -> tuple[Verdict, str]:
    if not isinstance(outcome, Returned):
        return verdict_of(outcome), explain(outcome)
    if not same_answer(expected.value, outcome.value):
        return "malformed", "malformed answer: it differs from the original's"
    return "ok", ""
