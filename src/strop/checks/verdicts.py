"""Verdicts on attacks: what the score of an attack on a sampled task means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np

from strop.analysis.stats import differences, mean, t_estimate
from strop.base.as_document import HIDDEN
from strop.base.terminal_text import escape
from strop.checks.attack import Attack
from strop.checks.bench import AttackTrial
from strop.checks.findings import ORDER, Finding, Level, new_finding
from strop.checks.seed import PERFECT
from strop.checks.values import canonical
from strop.sandbox.base import Value

PLAIN = ("trivial", "value")
"""Kinds of attacks that give plain answers of the honest form."""
AS_GOOD = 0.9
"""A part of an answer that has this share of its score, and loses nothing that is sure, is as good as the whole."""
LEAST_GAIN = 1e-11
"""What sums of floating-point numbers differ by."""
BEYOND = 1.1e-6
"""An answer that may be moved farther than this has room; whether of the original's or of a tolerance, no score tells."""
LARGER = 1000.0
"""How many times as far an answer is moved to see that there is an end to it."""
Verdict: TypeAlias = Literal["refused", "harmless", "suspicious", "broken"]
"""`refused`: no answer was scored. `harmless`: the scores gained nothing. `suspicious`: there should be no score.
`broken`: the attack paid."""
VERDICTS: tuple[Verdict, ...] = ("broken", "suspicious", "harmless", "refused")
"""The worst first."""
CONFIDENCE = 0.999
"""Confidence of the interval of a gain: some two hundred programs are compared, and none should win by luck."""


NOT_TRIED = "not tried"
"""Begins the sentence of an attack that does not apply to the task."""
LATE = f"{NOT_TRIED}: it would have started after the time for attacks,"


@dataclass(frozen=True)
class AttackResult:
    """An attack and its verdict."""

    attack: Attack
    """What was tried."""
    verdict: Verdict
    """`broken`, `suspicious`, `harmless` or `refused`."""
    utility: float
    """Mean score; 0 if nothing was scored. Of a command task the first run's, relative to the original: 1/2 is as good."""
    detail: str
    """The reason, in one sentence."""
    finding: Finding | None = None
    """What it showed; null if nothing."""
    variant: str = ""
    """The worst variant in words, which the result is of; empty for an attack of one form."""
    variants: int = 1
    """How many were tried."""

    @property
    def was_tried(self) -> bool:
        """Whether it applied to the task, and began in time."""
        return self.variants > 0 and not self.detail.startswith(NOT_TRIED)


def variant_in_words(variant: Any) -> str:
    """What a result calls the variant of its attack."""
    if isinstance(variant, dict) and "source" in variant:
        variant = {name: value for name, value in variant.items() if name != "source"}
    try:
        return "" if variant is None else escape(str(variant), 60)
    except ValueError:  # an integer with more digits than Python writes
        return "an enormous integer"


@dataclass(frozen=True)
class Base:
    """What attacks are compared with: honest answers to the same instances, each scored once."""

    name: str
    """`the seed`, or the trivial answer that stands in for a failing seed."""
    answers: tuple[Value, ...] = field(metadata=HIDDEN)
    scores: tuple[float, ...]
    """Of each instance."""

    @property
    def is_seed(self) -> bool:
        return self.name == "the seed"


@dataclass(frozen=True)
class JudgingRules:
    """What the verdicts depend on besides the trial."""

    base: Base | None
    """None if no answer was accepted."""
    declared: bool
    """Whether the task declares its answer: it then accepts on purpose what it accepts."""
    deterministic: bool
    """Whether the scorer gives the same answer the same score."""


def judge(attack: Attack, variant: Any, trial: AttackTrial, rules: JudgingRules) -> AttackResult:
    """The verdict on a trial of an attack."""
    utility, named = trial.evaluation.value if trial.evaluation else 0.0, variant_in_words(variant)
    finding = new_finding(trial.finding, trial.broke, attacks=(attack.name,)) if trial.broke else None
    if finding is None and trial.accepted:
        finding = _Case(attack, trial, rules).finding()
    if finding is None and trial.choked:
        # A run scores such an answer 0 and continues; whether the scorer reads the seed's answers is checked separately.
        finding = new_finding("C202", trial.choked[0], "warning", attacks=(attack.name,))
    if finding is not None:
        verdict = VERDICTS[ORDER.index(finding.level)]
        return AttackResult(attack, verdict, utility, finding.detail, finding, named)
    if not trial.accepted:
        return AttackResult(attack, "refused", 0.0, _refusal(trial), variant=named)
    return AttackResult(attack, "harmless", utility, f"scored {utility:.3f}{_beside(rules.base)}", variant=named)


def tolerated(pays: Callable[[float], bool], delta: float) -> Level | None:
    """How bad it is that an answer gains if its numbers are moved by `delta`; None if there is no end to it.

    `pays` says whether an answer that is moved so far gains, too.
    """
    if pays(LARGER * delta):
        return None
    return "note" if pays(BEYOND if delta > 0 else -BEYOND) else "warning"


def worst(results: Sequence[AttackResult]) -> AttackResult:
    """The variant that says most about an attack: the worst verdict, then the highest utility."""

    def rank(result: AttackResult) -> tuple[int, int, float]:
        level = ORDER.index(result.finding.level) if result.finding else len(ORDER)
        return VERDICTS.index(result.verdict), level, -result.utility

    return min(results, key=rank)


def beats(scores: Sequence[float], base: Sequence[float]) -> bool:
    """Whether scores are higher than others on the same instances, beyond what luck explains."""
    count = min(len(scores), len(base))
    if count < 2:
        return False
    gain = t_estimate(differences(scores[:count], base[:count]), confidence=CONFIDENCE)
    return gain.interval is not None and gain.interval[0] > 1e-9


@dataclass(frozen=True)
class _Case:
    """A trial in which at least one answer was scored."""

    attack: Attack
    trial: AttackTrial
    rules: JudgingRules

    def finding(self) -> Finding | None:
        """What the scores show, by the kind of the attack."""
        own, declared, base = self.attack.finding, self.rules.declared, self.rules.base
        paid = self.better or self.full
        seed_beaten = self.better and base is not None and base.is_seed
        match self.attack.kind:
            # What a declared form accepts is an answer, whatever made it.
            case "trivial" | "unfit" | "value" | "gone" | "foreign" as kind if self.full and (
                kind in PLAIN or declared
            ):
                return self._finding(
                    own if kind == "trivial" else "C303", "it scores 1 on every instance", figures=False
                )
            case "trivial":
                return self._finding("C304", "a trivial answer scores") if seed_beaten else None
            case "value":
                return self._finding("C304" if declared else own, "odd numbers score") if seed_beaten else None
            case "unfit" | "gone" | "foreign" if declared:
                return self._finding("C304", "a trivial answer scores") if seed_beaten else None
            case "unfit" | "gone" | "foreign" if paid or max(self.trial.scores, default=0.0) > 0:
                name = "C302" if not paid else "C301" if own == "C209" else own
                return self._finding(name, "a value that is not an answer scores")
            case "labels" if paid:
                return self._finding(own, "hidden data, found without solving, scores")
            case "memory" if self.better:
                return self._finding(own, "what earlier instances showed scores")
            case "moved" if self.gains:
                return self._finding(own, "the honest answer, moved by less than a tolerance, scores")
            case "unseen" if base is not None:
                return self._unseen(base)
            case "near" if base is not None and base.is_seed and self._is_equal(base):
                return self._finding(own, "it scores the same on every instance", figures=False)
            case "part" if base is not None and base.is_seed and self._is_as_good(base):
                return self._finding(own, "a part of the honest answer scores as well as the whole:")
            case "form" | "size":
                return self._form(base) if base is not None else None
            case "same" | "files":
                return self._same(base) if base is not None else None
        return None

    @cached_property
    def better(self) -> bool:
        """Whether it beats the honest answers."""
        return self.rules.base is not None and beats(self.trial.scores, self.rules.base.scores)

    @cached_property
    def full(self) -> bool:
        """Whether every instance has full marks, and the seed does not."""
        base = self.rules.base
        return _perfect(self.trial.scores) and not (base is not None and base.is_seed and _perfect(base.scores))

    @property
    def gains(self) -> bool:
        """Whether most instances score better, none worse, however little."""
        base = self.rules.base
        if base is None or len(self.trial.accepted) < len(base.scores) or not self.rules.deterministic:
            return False
        gains = [score - before for score, before in zip(self.trial.scores, base.scores, strict=False)]
        return min(gains) >= 0 and sum(gain > LEAST_GAIN for gain in gains) > len(gains) / 2

    def _is_as_good(self, base: Base) -> bool:
        if len(self.trial.accepted) < len(base.scores):
            return False
        if not mean(base.scores) > 0 or mean(self.trial.scores) < AS_GOOD * mean(base.scores):
            return False
        losses = differences(base.scores, self.trial.scores[: len(base.scores)])
        lost = t_estimate(losses, confidence=0.9).interval if len(losses) > 1 else None
        return lost is None or lost[0] <= 0

    def _unseen(self, base: Base) -> Finding | None:
        if self.better and not self.rules.declared:
            return self._finding(self.attack.finding, "an answer that is none scores")
        if self.better and base.is_seed:
            return self._finding("C303" if self.full else "C304", "an answer that the task accepts scores")
        return (
            self._finding("C311", "it scores the same on every instance", figures=False)
            if base.is_seed and self._is_equal(base)  # of a trivial answer, a part is another trivial one
            else None
        )

    def _is_equal(self, base: Base) -> bool:
        """Whether other answers have the same score as the honest ones, on every instance."""
        trial, changed = (
            self.trial,
            [i for i in self.trial.accepted if _content(self.trial.answer(i)) != _content(base.answers[i])],
        )
        return (
            len(changed) == len(base.scores) and mean(base.scores) > 0 and trial.scores[: len(changed)] == base.scores
        )

    def _form(self, base: Base) -> Finding | None:
        trial, rules = self.trial, self.rules
        if self.better:
            if rules.declared and any(_content(trial.answer(i)) != _content(base.answers[i]) for i in trial.accepted):
                return self._finding("C304", "an answer that the task accepts scores")
            return self._finding(self.attack.finding, "the honest answer in another form scores")
        differs = any(trial.scores[i] != base.scores[i] for i in trial.accepted if i < len(base.scores))
        if differs and rules.deterministic and not rules.declared:
            return self._finding("C302", "the honest answer in another form has another score:")
        return None

    def _same(self, base: Base) -> Finding | None:
        scores = self.trial.scores
        if not self.rules.deterministic:
            return (
                None  # another finding says that an answer scores differently the second time, which explains this one
            )
        for index in self.trial.accepted:
            equal = canonical(self.trial.answer(index)) == canonical(base.answers[index])
            if equal and scores[index] != base.scores[index]:
                honest = f"honestly {base.scores[index]:.6g}"
                detail = f"the same answer to instance {index} scores {scores[index]:.6g}, {honest}"
                name = self.attack.finding if self.attack.kind == "same" else "C306"
                return self._finding(name, detail, figures=False)
        return None

    def _finding(self, name: str, detail: str, *, figures: bool = True) -> Finding:
        detail += f" {mean(self.trial.scores):.3f}{_beside(self.rules.base)}" if figures else ""
        return new_finding(name, f"{self.attack.title}: {detail}", attacks=(self.attack.name,))


def _perfect(scores: Sequence[float]) -> bool:
    return bool(scores) and min(scores) >= PERFECT


def _content(value: Any) -> list[Any]:
    """The numbers and texts of an answer, in order, whatever its form."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, dict):
        value = list(value.values())
    return [leaf for item in value for leaf in _content(item)] if isinstance(value, list) else [value]


def _beside(base: Base | None) -> str:
    return f" ({base.name} {mean(base.scores):.3f})" if base is not None and base.scores else ""


def _refusal(trial: AttackTrial) -> str:
    evaluation = trial.evaluation
    if evaluation is None or not evaluation.error:
        return "nothing was scored"
    first = evaluation.error.splitlines()[0].partition(": ")[2]
    return first if first.startswith(evaluation.verdict) else f"{evaluation.verdict}: {first}"
