"""Utilities *u* = (u_func, u_str) (§3), and the utility of a task: solutions run in the sandbox, answers scored in the host."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from strop.analysis.audit.runtime import OUT_OF_BOUNDS, SCORER_CHOKED
from strop.base.budget import UTILITY_CALLS, Budget
from strop.base.errors import Malformed, ScorerFailed, TaskError, UtilityOutOfBounds
from strop.base.events import AuditNoted, Evaluated, Recorder
from strop.base.randomness import derive
from strop.base.results import Evaluation, Verdict, fields_of
from strop.base.scorer_notes import collecting
from strop.core.audit_log import AuditLog
from strop.core.completed_work import NOTHING, CompletedWork
from strop.core.feedback import Feedback
from strop.sandbox.base import (
    Died,
    Guest,
    Limits,
    Outcome,
    OutOfMemory,
    Program,
    Raised,
    Returned,
    Sandbox,
    TimedOut,
    Violated,
    describe,
)
from strop.tasks.base import Instance, Seeds, Split, Task

WALL_FACTOR = 5.0
"""The wall-clock limit in CPU limits: a busy machine must not fail a solution."""
WALL_FLOOR = 2.0
"""The shortest wall-clock limit, in seconds."""
TIMEOUTS = 4
"""If this many first instances all time out, the others are not run. One answer in time keeps the score."""
REPORT_CHARACTERS = 2000
"""Characters of an error that are kept."""
LONGEST = 1_000_000
"""Characters of one candidate or prompt: both are recorded and must not fill the disk."""


def verdict_of(outcome: Outcome) -> Verdict:
    """The verdict of an outcome."""
    match outcome:
        case Returned():
            return "ok"
        case Raised():
            return "raised"
        case TimedOut():
            return "timeout"
        case OutOfMemory():
            return "out of memory"
        case Died():
            return "died"
        case Violated():
            return "violated"


class Utility(Protocol):
    """*u*: a function of program texts and its description for a language model."""

    @property
    def name(self) -> str: ...

    @property
    def description(self) -> str:
        """u_str."""
        ...

    @property
    def counter(self) -> str:
        """The budget counter that one call costs."""
        ...

    def evaluate(self, candidate: str | None, at: Budget) -> Evaluation:
        """u_func. A candidate that is not a text (None) has utility 0. `at` pays.

        Raises:
            StropError: the host failed; there is no score.
        """
        ...


NOT_A_TEXT = Evaluation(
    value=0.0, verdict="malformed", error=f"the candidate is not a program text of at most {LONGEST:,} characters"
)


class Measuring(Utility, Protocol):
    """A utility of one split that records its evaluations."""

    @property
    def split(self) -> Split: ...

    @property
    def past(self) -> CompletedWork: ...

    @property
    def record(self) -> Recorder: ...


def measured_once(
    utility: Measuring, candidate: str | None, at: Budget, measure: Callable[[str], Evaluation]
) -> Evaluation:
    """The recorded evaluation, if there is one; else that of `measure`, which is called for texts only, recorded."""
    completed = utility.past.evaluation(at, candidate)
    if completed is not None:
        return completed
    evaluation = NOT_A_TEXT if candidate is None else measure(candidate)
    event = evaluated(utility, utility.split, candidate, evaluation, at)
    utility.record(event)
    return event


class OfTask:
    """The properties that the utility of a task takes from it."""

    task: Any

    @property
    def name(self) -> str:
        return str(self.task.name)

    @property
    def description(self) -> str:
        return str(self.task.told)

    @property
    def counter(self) -> str:
        return UTILITY_CALLS


@dataclass(frozen=True)
class TaskUtility(OfTask):
    """The utility of a task on one split: the mean score of its instances.

    Instances are drawn again for every evaluation, so a guest's changes to its inputs do not outlive the call.
    """

    task: Task
    split: Split
    seeds: Seeds
    sandbox: Sandbox
    record: Recorder
    secret: bytes
    """The random numbers of guests derive from it."""
    strict: bool = False
    """Whether an error of the scorer breaks the task, as for its seed, or only the answer."""
    past: CompletedWork = NOTHING
    """Completed work of a resumed run."""

    def evaluate(self, candidate: str | None, at: Budget) -> Evaluation:
        return measured_once(self, candidate, at, lambda text: self._measure(text, at.path))

    def _measure(self, candidate: str, path: str) -> Evaluation:
        task = self.task
        try:
            program = task.program(candidate)
        except Malformed as reason:
            return Evaluation(value=0.0, verdict="malformed", error=str(reason)[:REPORT_CHARACTERS])
        scores: list[float] = []
        verdicts: list[Verdict] = []
        errors: list[str] = []
        feedback = Feedback()
        cpu = wall = 0.0
        with (
            AuditLog(self.record, path, candidate) as notes,
            self.sandbox.open(Program(program, task.entry), self._limits()) as guest,
        ):
            for index in range(task.count(self.split)):
                instance = task.instance(self.split, index, self.seeds)
                outcome = self._call(guest, instance, path, index)
                notes.observe(outcome)
                with collecting() as collected:  # on every split, so that no note of a sealed instance escapes
                    score, verdict, error = self._judge(instance, outcome, path)
                feedback.noted(index, collected.texts)
                cpu, wall = cpu + outcome.spent.cpu_seconds, wall + outcome.spent.wall_seconds
                scores.append(score)
                verdicts.append(verdict)
                if verdict != "ok":
                    errors.append(f"instance {index}: {error}")
                    feedback.failed(index, instance, verdict, error)
                    if task.failure == "utility":
                        break
                    if index + 1 == TIMEOUTS < task.count(self.split) and set(verdicts) == {"timeout"}:
                        left = task.count(self.split) - TIMEOUTS
                        errors[0] = (
                            f"the first {TIMEOUTS} instances timed out, so {left} more were not run; {errors[0]}"
                        )
                        scores, verdicts = scores + [0.0] * left, verdicts + ["timeout"] * left
                        break
        failed = bool(errors) and task.failure == "utility"
        return Evaluation(
            value=0.0 if failed else sum(scores) / len(scores),
            verdict=next((verdict for verdict in verdicts if verdict != "ok"), "ok"),
            scores=tuple(scores),
            verdicts=tuple(verdicts),
            error=errors[0][:REPORT_CHARACTERS] if errors else "",
            cpu_seconds=cpu,
            wall_seconds=wall,
            notes=feedback.notes if self.split == "train" else (),
        )

    def _limits(self) -> Limits:
        """Limits of one instance."""
        seconds = self.task.time_limit
        return Limits(seconds, max(WALL_FACTOR * seconds, WALL_FLOOR), self.task.memory_limit)

    def _call(self, guest: Guest, instance: Instance, path: str, index: int) -> Outcome:
        # 64 bits seed the guest's generators; they are unrelated to the seeds of the instances.
        seed = derive(self.secret, "guest", path, self.split, index) & (2**64 - 1)
        try:
            return guest.call(list(instance.inputs.values()), seed=seed)
        except (TypeError, ValueError, RecursionError, OverflowError) as error:
            raise TaskError(
                f"task {self.name}: inputs of instance {index} cannot be sent to a guest: {error}"
            ) from error

    def _judge(self, instance: Instance, outcome: Outcome, path: str) -> tuple[float, Verdict, str]:
        if not isinstance(outcome, Returned):
            return 0.0, verdict_of(outcome), explain(outcome)
        try:
            return self.task.checked_score(instance, outcome.value), "ok", ""
        except Malformed as error:
            return 0.0, "malformed", f"malformed answer: {error}"
        except UtilityOutOfBounds as error:
            if not self.strict:  # with the seed, the scorer itself is wrong
                self.record(AuditNoted(scope=path, rule=OUT_OF_BOUNDS, detail=str(error)))
            raise
        except ScorerFailed as error:
            if self.strict:
                raise
            self.record(AuditNoted(scope=path, rule=SCORER_CHOKED, detail=str(error)))
            return 0.0, "malformed", f"the answer cannot be scored: {error}"


def explain(outcome: Outcome) -> str:
    """The outcome in words, with the end of the traceback if there is one."""
    traceback = outcome.traceback if isinstance(outcome, Raised) else ""
    return f"{describe(outcome)}\n{traceback}".rstrip()[:REPORT_CHARACTERS]


def evaluated(utility: Utility, split: str, candidate: str | None, evaluation: Evaluation, at: Budget) -> Evaluated:
    """The event of an evaluation."""
    values = fields_of(Evaluation, evaluation)
    return Evaluated(**values, scope=at.path, utility=utility.name, split=split, solution=candidate)


def seed_runs(evaluation: Evaluation, task: object) -> bool:
    """Whether a search can start from the task's own seed with this evaluation."""
    slow = isinstance(task, Task) and task.slow_seed and evaluation.verdict == "timeout"
    return slow or not evaluation.does_not_run
