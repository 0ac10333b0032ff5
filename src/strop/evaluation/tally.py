"""What judges say of one program's answers, and what that adds up to in its evaluation, whatever is measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any, NamedTuple

from strop.analysis.audit import OUT_OF_BOUNDS, SCORER_CHOKED
from strop.base.errors import Malformed, SandboxError, ScorerFailed, StropError, UtilityOutOfBounds
from strop.base.events import AuditNoted
from strop.base.later import dataclass
from strop.base.results import Evaluation, Verdict, added
from strop.base.scorer_notes import shortened
from strop.evaluation.audit_log import AuditLog
from strop.evaluation.base import Order, OrderResult
from strop.evaluation.feedback import Feedback
from strop.evaluation.laws import check_scorer
from strop.evaluation.outcomes import REPORT_CHARACTERS, explain, verdict_of
from strop.sandbox.base import Outcome, Returned
from strop.sandbox.wire import Prepared
from strop.tasks.base import Instance

TIMEOUTS = 4
"""If this many first instances all time out, the others are not run. One answer in time keeps the score."""
Judge = Callable[[Any], float]
"""The worth of an answer to an instance, in [0, 1]. Raises Malformed, ScorerFailed, UtilityOutOfBounds."""


class Worth(NamedTuple):
    """What an outcome is worth, and why no more."""

    score: float
    verdict: Verdict = "ok"
    error: str = ""
    answer: Any = None
    """What was judged."""


def judged(
    outcome: Outcome, judge: Judge, log: AuditLog, ask_original: Callable[[], object], *, is_original: bool
) -> Worth:
    """What a judge says of an outcome. `ask_original`: see `check_scorer`; `is_original`: the original is judged."""
    if not isinstance(outcome, Returned):
        return Worth(0.0, verdict_of(outcome), explain(outcome))
    try:
        return Worth(judge(outcome.value), answer=outcome.value)
    except Malformed as error:
        return Worth(0.0, "malformed", f"malformed answer: {error}")
    except UtilityOutOfBounds as error:
        if not is_original:
            log.scorer(OUT_OF_BOUNDS, str(error))
        raise
    except ScorerFailed as error:
        if is_original:
            raise
        check_scorer(ask_original)
        log.scorer(SCORER_CHOKED, str(error))
        return Worth(0.0, "malformed", f"the answer cannot be scored: {error}")


def carried_out(
    order: Order, measured: Callable[[AuditLog], OrderResult], heard: Callable[[Outcome], object] = lambda outcome: None
) -> OrderResult:
    """What `measured` returns, with what the audit noticed; or that the program is malformed, or the task broken, wherever the
    order is carried out. `heard`: see `AuditLog`.

    Raises:
        SandboxError: the host failed; the order can be given again.
    """
    notes: list[AuditNoted] = []
    try:
        with AuditLog(notes.append, order.scope, order.program, heard) as log:  # type: ignore[arg-type]
            result = measured(log)
    except Malformed as reason:
        error = shortened(str(reason), REPORT_CHARACTERS)
        result = OrderResult(Evaluation(value=0.0, verdict="malformed", error=error))
    except SandboxError:
        raise
    except StropError as failure:
        result = OrderResult(None, error=failure)
    return replace(result, notes=tuple(notes))


def numbered(inputs: Sequence[int]) -> tuple[int, ...]:
    """The number of each of these inputs, equal for equal ones; empty if all differ."""
    numbers = {each: number for number, each in enumerate(dict.fromkeys(inputs))}
    return tuple(numbers[each] for each in inputs) if len(numbers) < len(inputs) else ()


@dataclass
class Tally:
    """The instances of one evaluation, one after the other."""

    order: Order
    count: int
    """How many there are at most."""
    first: int = 0
    """The number of the first."""
    fails_whole: bool = True
    """Whether the first that fails ends the evaluation, and costs its whole value."""
    scores: list[float] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    metrics: list[Mapping[str, float]] = field(default_factory=list)
    original_metrics: list[Mapping[str, float]] = field(default_factory=list)
    """Metrics of the original."""
    answers: list[str] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    """Hashes of the inputs of a final comparison, in this process."""
    left_out: list[bool] = field(default_factory=list)
    """For each instance on which the original fails, which then has no value to compare with: whether the program does, too."""
    seconds: list[float] = field(default_factory=list)
    """CPU seconds."""
    wall: float = 0.0
    seen_in_training: int = 0
    construction: str = ""
    errors: list[str] = field(default_factory=list)
    feedback: Feedback = field(default_factory=Feedback)

    @property
    def next(self) -> int:
        """The number of the next instance."""
        return self.first + len(self.scores) + len(self.left_out)

    def asked(self, arguments: Prepared) -> None:
        """The input of the next instance, which the final comparison tells from others."""
        if self.order.is_final:
            self.inputs.append(hash(arguments.encoded))

    def add(self, found: Worth, instance: Instance | None = None) -> None:
        """Count the next instance. Its inputs stand beside the error if it failed; without them the error says where it is."""
        if found.verdict != "ok" and instance is not None:
            self.feedback.failed(self.next, instance, found.verdict, found.error)
            self.errors.append(f"instance {self.next}: {found.error}")
        elif found.verdict != "ok":
            self.errors.append(found.error)
        self.scores.append(found.score)
        self.verdicts.append(found.verdict)

    def spent(self, cpu_seconds: float, wall_seconds: float, notes: Sequence[str] = ()) -> None:
        """Add the time of the next instance, or of what comes before all, and the scorer's notes."""
        self.seconds.append(cpu_seconds)
        self.wall += wall_seconds
        self.feedback.noted(self.next, notes)

    @property
    def is_settled(self) -> bool:
        """Whether the remaining instances cannot change the value, or the first ones all timed out."""
        if self.order.is_final and not self.fails_whole:
            return False
        if self.errors and self.fails_whole:
            return True
        return len(self.scores) == TIMEOUTS < self.count and set(self.verdicts) == {"timeout"}

    @property
    def notes(self) -> tuple[str, ...]:
        """Feedback for improvers: of the training split only."""
        return self.feedback.notes if self.order.split == "train" else ()

    @property
    def evaluation(self) -> Evaluation:
        """The evaluation of all instances."""
        scores, verdicts, errors = self.scores, self.verdicts, self.errors
        left = self.count - len(scores)
        if left > 0 and not self.fails_whole:
            errors = [f"the first {TIMEOUTS} instances timed out, so {left} more were not run; {errors[0]}"]
            scores, verdicts = scores + [0.0] * left, verdicts + ["timeout"] * left
        return Evaluation(
            value=0.0 if errors and self.fails_whole else added(scores) / len(scores),
            verdict=next((verdict for verdict in verdicts if verdict != "ok"), "ok"),
            scores=tuple(scores),
            verdicts=tuple(verdicts),
            error=shortened(errors[0], REPORT_CHARACTERS) if errors else "",
            cpu_seconds=added(self.seconds),
            seconds=tuple(self.seconds),
            wall_seconds=self.wall,
            notes=self.notes,
            metrics=tuple(self.metrics),
            construction=self.construction,
            seen_in_training=self.seen_in_training,
            original_metrics=tuple(self.original_metrics),
            answers=tuple(self.answers),
            failures=(len(self.left_out), sum(self.left_out)) if self.left_out else (),
            inputs=numbered(self.inputs[: len(scores)]) if self.seen_in_training < len(scores) else (),
        )
