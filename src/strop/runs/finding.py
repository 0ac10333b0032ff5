"""What one improvement showed: the finding, and the numbers and reasons behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, TypeAlias

from strop.analysis.stats import Estimate, decided, score_difference
from strop.base.as_document import HIDDEN, computed
from strop.base.results import Evaluation, Improvement
from strop.base.solution import digest_of
from strop.core.handles import Grant
from strop.core.metric_change import Gain, MetricFacts, ObjectiveFacts, gain, overall
from strop.core.plausible import is_beyond, is_leap
from strop.evaluation.commands.apart import CLOCK, REWARDED
from strop.evaluation.commands.same_build import SAME_BUILD
from strop.runs.verified import Verified, verified_of

BEYOND = "the best known value is {}"
LEAPS = "no other program of the run came near"
UTILITY = "utility"
"""The metric of `Evidence.change` if no metric decides."""

Finding: TypeAlias = Literal[
    "better", "unproven", "implausible", "worse", "no significant improvement", "unchanged", "failed"
]
"""The result of an improvement. `failed`: the improver returned no solution, and no candidate was better than the original.
`unproven`: it measures better, and `Evidence.doubt` says why that proves nothing. `implausible`: it measures so much better that
this cannot be true (strop.core.plausible)."""
Doubt: TypeAlias = Literal[
    "own score", "spoiled answer", "own clock", "traded metrics", "varying original", "known answer"
]
"""Why a program that measures better is not called better. `own score`: it could have made its score itself. `spoiled answer`:
the scorer rewards answers that no honest program gives. `own clock`: the score follows the evaluator's own clock, which does
not see all that a program does. `traded metrics`: it is better in one metric and worse in another, and the user gave no weights.
`varying original`: the original's output varies on the same seed, so that equal output proves little. `known answer`: it costs
less, but the answer was always the same, so that a program that only prints it would cost less too."""


@dataclass(frozen=True)
class ScoredProgram:
    """One program of an improvement."""

    text: str = field(metadata=HIDDEN)
    """Text of the program; of several files one text (strop.tasks.command.bundle)."""
    train: Evaluation
    """Evaluation on the training split."""
    test: Evaluation | None = None
    """Evaluation in the last comparison; null for a candidate that was not compared."""

    @computed
    def digest(self) -> str:
        """SHA-256 of its text."""
        return digest_of(self.text)

    @property
    def last(self) -> Evaluation:
        """Evaluation in the last comparison, which there must have been."""
        assert self.test is not None
        return self.test


@dataclass(frozen=True)
class Cost:
    """What the improvement spent, without the comparison afterwards."""

    lm_calls: int
    """LM calls that the improver made."""
    responses: int
    """Responses that were requested of the language model."""
    evaluations: int
    """Evaluations of candidates that the improver asked for."""


@dataclass(frozen=True)
class Evidence:
    """What one improvement measured, and what that shows."""

    improvement: Improvement
    """How the improver ended."""
    original: ScoredProgram
    """The program that the search started from."""
    improved: ScoredProgram | None
    """The improved program; null if the improver returned nothing or the original, and no better candidate replaces it."""
    cost: Cost
    """What the improvement spent, without the comparison."""
    facts: ObjectiveFacts | None = None
    """The metrics by which programs are compared, and how they decide; null for a task that has only scores."""
    grant: Grant | None = None
    """The improver's budget; null if the record does not say."""
    candidates: tuple[ScoredProgram, ...] = ()
    """Each candidate once, as it was first evaluated in training, the best first."""
    tried: tuple[Evaluation, ...] = field(default=(), metadata=HIDDEN)
    """All training evaluations of candidates."""
    best_known: Mapping[str, float] = field(default_factory=dict)
    """Metric, or `utility` → the best known value, where the user declared one."""
    repeats: bool = field(default=False, metadata=HIDDEN)
    """Whether a task draws the same instance whatever its seed."""

    @computed
    def stands_in(self) -> bool:
        """Whether the best evaluated candidate replaces the program that the improver returned."""
        return self.improved is not None and self.improved.text != self.improvement.solution

    @computed
    def verified(self) -> Verified | None:
        """The best construction of the run; null for other tasks."""
        if self.facts is None or self.facts.problem is None:
            return None
        start = [self.original.train]
        result = [self.improved.train, self.improved.last] if self.improved is not None else start
        return verified_of(self.facts.problem, start, [*start, *self.tried, *result], result)

    @property
    def difference(self) -> Estimate | None:
        """Improved minus original, paired over the sealed instances, with its 95% interval."""
        return score_difference(*self._pair) if self._pair[0] else None

    @cached_property
    def gains(self) -> tuple[Gain, ...]:
        """The gain in each metric on the sealed split.

        Empty if an instance failed or a constraint was not met: a failure is not faster. Empty, too, for a task without metrics.
        """
        if (
            self.facts is None
            or self.improved is None
            or any(verdict != "ok" for verdict in self.improved.last.verdicts)
        ):
            return ()
        after, before = self.improved.last.metrics, self.improved.last.beside
        gains = (gain(metric, after, before, seeded=self.facts.seeded) for metric in self.facts.metrics)
        return tuple(one for one in gains if one is not None)

    @cached_property
    def gain(self) -> Gain | None:
        """The gain that decides, of the only metric or of all together; None if the utility decides.

        The utility decides without `gains`.
        """
        if self.facts is None or self.improved is None or not self.gains:
            return None
        if len(self.facts.metrics) == 1:
            return self.gains[0]
        return overall(self.facts, self.gains, self.improved.last.metrics, self.improved.last.beside)

    @computed
    def finding(self) -> Finding:
        """`better` or `worse` only if the interval excludes no change.

        A program of a command task that fails on the sealed split is worse, whatever it measured before.
        """
        if self.improved is None:
            return "failed" if self.improvement.solution is None else "unchanged"
        if self.verified is not None:
            return "better" if self.verified.is_better else "no significant improvement"
        if self.facts is not None and self.improved.last.verdict != "ok":
            return "worse"  # a failure is not chance
        if self.same_build:
            return "unchanged"
        better: Finding = "implausible" if self.implausible_because else "unproven" if self.doubt else "better"
        if self.gain is not None:
            verdict = self.gain.verdict
            return better if verdict == "better" else "worse" if verdict == "worse" else "no significant improvement"
        difference = self.difference
        if difference is None:
            return "unchanged"
        shown = decided(difference)
        return better if shown > 0 else "worse" if shown else "no significant improvement"

    @property
    def same_build(self) -> bool:
        """Whether the build makes the same files from both programs, and the command reads nothing else of them."""
        return self.improved is not None and SAME_BUILD in self.improved.last.notes

    @property
    def losses(self) -> tuple[Gain, ...]:
        """The metrics that are worse, of several to which the user gave no weights: nothing says what a gain is worth in them."""
        if self.facts is None or self.facts.weighed or len(self.facts.metrics) == 1:
            return ()
        return tuple(gain for gain in self.gains if gain.verdict == "worse")

    @computed
    def doubt(self) -> Doubt | None:
        """The first reason why it is not called better; None if there is none."""
        if self.unproven_because and not self.trusts_programs:
            begins: dict[str, Doubt] = {REWARDED: "spoiled answer", CLOCK: "own clock"}
            found = (doubt for begin, doubt in begins.items() if self.unproven_because.startswith(begin))
            return next(found, "own score")
        if self.losses:
            return "traded metrics"
        if self.varies:
            return "varying original"
        fixed = self.facts is not None and self.facts.fixed_input
        return None if self.answer_varies or fixed else "known answer"

    @computed
    def unproven_because(self) -> str:
        """Why a better score would prove nothing, in words: the program could have made it itself, the scorer rewards a
        spoiled answer, or the score follows the evaluator's own clock; empty if nothing shows that."""
        measured = [self.original.train, *([self.improved.train, self.improved.last] if self.improved else [])]
        return next((each.unproven_because for each in measured if each.unproven_because), "")

    @computed
    def trusts_programs(self) -> bool:
        """Whether the user trusts programs not to make their own score."""
        return self.facts is not None and self.facts.trusts_programs

    @property
    def varies(self) -> str:
        """Why equal output proves little; empty if nothing speaks against it."""
        return (self.improved.last.doubt or self.improved.train.doubt) if self.improved is not None else ""

    @property
    def implausible_because(self) -> str:
        """Why so large an improvement cannot be true; empty if it can."""
        if self.improved is None:
            return ""
        values = [(one.metric, one.after) for one in self.gains]
        values = values if self.facts is not None else [(MetricFacts(UTILITY, "max"), self.improved.last.value)]
        for metric, value in values:
            known = self.best_known.get(metric.name)
            if known is not None and is_beyond(value, known, more_is_better=metric.goal == "max"):
                return BEYOND.format(f"{known:.10g}")
        return LEAPS if any(self._leaps(one) for one in self.gains) else ""

    def verdict_of(self, gain: Gain) -> str:
        """The verdict on one metric: `better`, `worse`, `no significant change`; or the finding, if that is not believed."""
        is_doubted = self.finding == "implausible" or (self.finding == "unproven" and self.doubt != "traded metrics")
        return self.finding if is_doubted and gain.verdict == "better" else gain.verdict

    @computed
    def output(self) -> str:
        """The end of what an implausible program printed; else empty."""
        return self.improved.last.output if self.improved is not None and self.finding == "implausible" else ""

    def _leaps(self, gain: Gain) -> bool:
        name = gain.metric.name
        means = [(_means(one.metrics, name), _means(one.beside, name)) for one in self.tried]
        others = [(mine, its) for mine, its in means if mine is not None and its is not None]
        return is_leap(gain.metric, (gain.after, gain.before), others)

    @computed
    def held_out(self) -> bool:
        """Whether the last comparison used inputs that the search never saw, and not the same ones again."""
        if self.facts is None:
            return not self.repeats
        if not self.facts.seeded or self.improved is None:
            return self.facts.seeded
        test = self.improved.last
        if len(set(test.answers)) > 1 or not test.beside:
            return True
        again = [*self.original.train.metrics, *test.beside]
        return any(row != again[0] for row in again) or any(row != test.metrics[0] for row in test.metrics)

    @computed
    def answer_varies(self) -> bool:
        """Whether the held-out instances have different answers, if the score is a cost and something checks the answer.

        If not, a program that only prints the answer costs less and passes every comparison.
        """
        if self.facts is None or self.improved is None or self.facts.check in ("score", "nothing"):
            return True
        return len(set(self.improved.last.answers)) > 1 if self.facts.check == "comparison" else self.facts.seeded

    @computed
    def change(self) -> Gain | None:
        """The numbers behind the finding: of the metric that decides, of all together, or of the utility; null if nothing was
        measured, as for an unchanged command."""
        if self.gain is not None:
            return replace(self.gain, believed=self.verdict_of(self.gain))
        before, utility = self.original.last, MetricFacts(UTILITY, "max")
        if self.improved is not None and self.difference is not None:
            said = self.finding if self.finding != "no significant improvement" else "no significant change"
            after = self.improved.last.value
            return Gain(utility, before.value, after, "difference", self.difference, False, believed=said)
        if self.facts is not None:
            return None
        n = len(before.scores)
        return Gain(utility, before.value, before.value, "difference", Estimate(0.0, None, n), False)

    @computed
    def metrics(self) -> tuple[Gain, ...]:
        """Each metric in the last comparison, where a command or a time is measured."""
        return tuple(replace(gain, believed=self.verdict_of(gain)) for gain in self.gains)

    @property
    def _pair(self) -> tuple[Sequence[float], Sequence[float]]:
        """The scores of both on the sealed instances; empty if there is nothing to compare."""
        if self.improved is None:
            return (), ()
        pair = self.improved.last, self.original.last
        n = max(len(evaluation.scores) for evaluation in pair)
        return _by_instance(pair[0], n), _by_instance(pair[1], n)


def _by_instance(evaluation: Evaluation, n: int) -> Sequence[float]:
    """One score for each instance; all 0 if the program could not be run on all, such as a text that is not a program."""
    return evaluation.scores if len(evaluation.scores) == n else (0.0,) * n


def _means(rows: Sequence[Mapping[str, float]], name: str) -> float | None:
    """The mean of a metric; None if a row lacks it."""
    values = [row[name] for row in rows if name in row]
    return sum(values) / len(values) if values and len(values) == len(rows) else None
