"""The worth of each of a program's answers, and their sum in an evaluation, whatever is measured."""

from __future__ import annotations

import hashlib
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
_MOST_DIFFERS = 400
"""Characters of how an answer differs."""
Judge = Callable[[Any], float]
"""The worth of an answer to an instance, in [0, 1]. Raises Malformed, ScorerFailed, UtilityOutOfBounds."""


class Worth(NamedTuple):
    """The score of an outcome, its verdict, and the error of a failure."""

    score: float
    verdict: Verdict = "ok"
    error: str = ""
    answer: Any = None
    """The answer that was judged; None if there was none."""
    differs: str = ""
    """What `error` hides from models."""


def judged(
    outcome: Outcome, judge: Judge, log: AuditLog, ask_original: Callable[[], object], *, is_original: bool
) -> Worth:
    """The worth of an outcome by `judge`. For `ask_original` see `check_scorer`. `is_original` says that the original is
    judged."""
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
    """The result that `measured` returns, with the notes of the audit. If `measured` raises, the result says that the program is
    malformed, or that the task is broken. For `heard` see `AuditLog`.

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


@dataclass
class Tally:
    """The instances of one evaluation, one after the other."""

    order: Order
    count: int
    """How many instances there are at most."""
    first: int = 0
    """The number of the first instance."""
    fails_whole: bool = True
    """Whether the first instance that fails ends the evaluation, and makes its value 0."""
    scores: list[float] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    metrics: list[Mapping[str, float]] = field(default_factory=list)
    original_metrics: list[Mapping[str, float]] = field(default_factory=list)
    """Metrics of the original."""
    answers: list[str] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    """Numbers of the inputs of a final comparison, by their digests."""
    planned: int = 0
    """How many instances the whole comparison has."""
    not_compared: tuple[str, ...] = ()
    left_out: list[bool] = field(default_factory=list)
    """For each instance that is left out because the original fails on it, whether the program fails, too."""
    seconds: list[float] = field(default_factory=list)
    """CPU seconds."""
    wall: float = 0.0
    seen_in_training: int = 0
    construction: str = ""
    differs: str = ""
    errors: list[str] = field(default_factory=list)
    feedback: Feedback = field(default_factory=Feedback)

    @property
    def next(self) -> int:
        """The number of the next instance."""
        return self.first + len(self.scores) + len(self.left_out)

    def asked(self, *calls: Prepared) -> None:
        """Note the inputs of the next instance, so that the final comparison can count different ones."""
        if self.order.is_final:
            digest = hashlib.sha256(b"\0".join(sorted({arguments.encoded for arguments in calls})))
            self.inputs.append(int.from_bytes(digest.digest()[:6]))

    def add(self, worth: Worth, instance: Instance | None = None) -> None:
        """Count the next instance. If it failed, its feedback shows the inputs of `instance`; without `instance`, the error must
        name the instance."""
        if worth.verdict != "ok" and instance is not None:
            self.feedback.failed(self.next, instance, worth.verdict, worth.error)
            self.errors.append(f"instance {self.next}: {worth.error}")
        elif worth.verdict != "ok":
            self.errors.append(worth.error)
        self.differs = self.differs or shortened(worth.differs, _MOST_DIFFERS)
        self.scores.append(worth.score)
        self.verdicts.append(worth.verdict)

    def spent(self, cpu_seconds: float, wall_seconds: float, notes: Sequence[str] = ()) -> None:
        """Add the CPU and wall seconds of the next instance, or of a build before all, and the scorer's notes."""
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
            value=0.0 if errors and self.fails_whole else added(scores) / max(len(scores), 1),
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
            differs=self.differs,
            seen_in_training=self.seen_in_training,
            original_metrics=tuple(self.original_metrics),
            answers=tuple(self.answers),
            not_compared=self.not_compared,
            failures=(len(self.left_out), sum(self.left_out)) if self.left_out else (),
            inputs=tuple(self.inputs[: len(scores)]),
            planned=self.planned,
        )
