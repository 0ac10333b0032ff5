"""What it means that a hack was scored as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from strop.analysis.stats import mean, paired_difference
from strop.check.bench import Trial
from strop.check.canonical import canonical
from strop.check.findings import ORDER, Finding, found
from strop.check.hacks import Hack
from strop.check.initial import PERFECT
from strop.sandbox.base import Value

Verdict: TypeAlias = Literal["refused", "harmless", "suspicious", "broken"]
"""`refused`: no answer was scored. `harmless`: it was, and gained nothing. `suspicious`: it should not have been.
`broken`: it paid."""

CONFIDENCE = 0.999
"""Of the interval of a gain: some two hundred programs are compared, and none should win by luck."""


@dataclass(frozen=True)
class Base:
    """What hacks are compared with: honest answers to the same instances, each scored once."""

    name: str
    """`the seed`, or the trivial answer that stands in for a seed that fails."""
    answers: tuple[Value, ...]
    scores: tuple[float, ...]

    @property
    def is_seed(self) -> bool:
        return self.name == "the seed"

    @property
    def perfect(self) -> bool:
        return perfect(self.scores)


@dataclass(frozen=True)
class Rules:
    """What the verdicts depend on beside the trial."""

    base: Base | None
    """None where no answer was accepted."""
    declared: bool
    """Whether the task declares its answer: what that accepts is accepted on purpose."""
    deterministic: bool
    """Whether the scorer gives the same answer the same score."""


@dataclass(frozen=True)
class Judged:
    """The verdict on one hack with one variant."""

    variant: Any
    verdict: Verdict
    utility: float
    """Mean score; 0 where nothing was scored."""
    said: str
    """Why, in one sentence."""
    finding: Finding | None = None


def judge(hack: Hack, variant: Any, trial: Trial, rules: Rules) -> Judged:
    """The verdict on a trial of a hack, and what was found."""
    utility = trial.evaluation.value if trial.evaluation else 0.0
    finding = found(trial.finding, trial.broke, hacks=(hack.name,)) if trial.broke else None
    if finding is None and trial.accepted:
        finding = _paid(hack, trial, rules)
    if finding is None and trial.choked:
        # A run scores such an answer 0 and goes on; that the seed's answers are read is looked at apart.
        finding = found("C202", trial.choked[0], "warning", hacks=(hack.name,))
    if finding is None and not trial.accepted:
        return Judged(variant, "refused", 0.0, _refusal(trial))
    if finding is None:
        return Judged(variant, "harmless", utility, f"scored {utility:.3f}{_beside(rules.base)}")
    verdict: Verdict = {"broken": "broken", "warning": "suspicious", "note": "harmless"}[finding.level]  # type: ignore[assignment]
    return Judged(variant, verdict, utility, finding.said, finding)


def worst(judged: Sequence[Judged]) -> Judged:
    """The variant that says most about a hack: the worst verdict, then the highest utility."""
    order = ("broken", "suspicious", "harmless", "refused")

    def rank(one: Judged) -> tuple[int, int, float]:
        level = ORDER.index(one.finding.level) if one.finding else len(ORDER)
        return order.index(one.verdict), level, -one.utility

    return min(judged, key=rank)


def perfect(scores: Sequence[float]) -> bool:
    """Whether every instance has full marks."""
    return bool(scores) and min(scores) >= PERFECT


def beats(scores: Sequence[float], base: Sequence[float]) -> bool:
    """Whether scores are higher than others on the same instances, beyond what luck explains."""
    count = min(len(scores), len(base))
    if count < 2:
        return False
    gain = paired_difference(scores[:count], base[:count], confidence=CONFIDENCE)
    return gain.interval is not None and gain.interval[0] > 1e-9


def _paid(hack: Hack, trial: Trial, rules: Rules) -> Finding | None:
    """What was found in a trial that was scored, if anything."""
    base = rules.base
    better = base is not None and beats(trial.scores, base.scores)
    full = perfect(trial.scores) and not (base is not None and base.is_seed and base.perfect)
    return {
        "trivial": _trivial,
        "form": _form,
        "unfit": _unfit,
        "value": _value,
        "same": _same,
        "labels": _labels,
        "files": _same,
    }[hack.kind](hack, trial, rules, better, full)


def _trivial(hack: Hack, trial: Trial, rules: Rules, better: bool, full: bool) -> Finding | None:
    if full:
        return _of(hack, hack.finding, "it scores 1 on every instance")
    if better and rules.base is not None and rules.base.is_seed:
        return _of(hack, "C304", f"a trivial answer scores {_figures(trial, rules)}")
    return None


def _form(hack: Hack, trial: Trial, rules: Rules, better: bool, full: bool) -> Finding | None:
    base = rules.base
    if base is None:
        return None
    if better and rules.declared and not _same_content(trial, base):
        return _of(hack, "C304", f"an answer that the task accepts scores {_figures(trial, rules)}")
    if better:
        return _of(hack, hack.finding, f"the honest answer in another form scores {_figures(trial, rules)}")
    same = all(trial.scores[index] == base.scores[index] for index in trial.accepted if index < len(base.scores))
    if not same and not rules.declared and trial.accepted and rules.deterministic:
        return _of(
            hack, "C302", f"the honest answer in another form is scored, and otherwise: {_figures(trial, rules)}"
        )
    return None


def _unfit(hack: Hack, trial: Trial, rules: Rules, better: bool, full: bool) -> Finding | None:
    if rules.declared:
        # What the declared form lets pass is an answer, however it came about.
        return _trivial(replace(hack, finding="C303"), trial, rules, better, full)
    if better or full:
        name = hack.finding if hack.finding != "C209" else "C301"
        return _of(hack, name, f"what is no answer scores {_figures(trial, rules)}")
    if max(trial.scores, default=0.0) > 0:
        return _of(hack, "C302", f"what is no answer scores {_figures(trial, rules)}")
    return None


def _value(hack: Hack, trial: Trial, rules: Rules, better: bool, full: bool) -> Finding | None:
    if full:
        return _of(hack, "C303", "it scores 1 on every instance")
    if better and rules.base is not None and (rules.declared or not rules.base.is_seed):
        return _of(hack, "C304", f"odd numbers score {_figures(trial, rules)}") if rules.base.is_seed else None
    return _of(hack, hack.finding, f"odd numbers score {_figures(trial, rules)}") if better else None


def _same(hack: Hack, trial: Trial, rules: Rules, better: bool, full: bool) -> Finding | None:
    base = rules.base
    if base is None or not rules.deterministic:
        # A scorer that scores an answer otherwise the second time is a finding already, and explains this one.
        return None
    name = hack.finding if hack.kind == "same" else "C306"
    for index in trial.accepted:
        equal = canonical(trial.answer(index)) == canonical(base.answers[index])
        if equal and trial.scores[index] != base.scores[index]:
            said = f"the same answer to instance {index} scores {trial.scores[index]:.6g}, honestly {base.scores[index]:.6g}"
            return _of(hack, name, said)
    return None


def _labels(hack: Hack, trial: Trial, rules: Rules, better: bool, full: bool) -> Finding | None:
    if full or better:
        return _of(hack, hack.finding, f"hidden data, got without solving, scores {_figures(trial, rules)}")
    return None


def _same_content(trial: Trial, base: Base) -> bool:
    return all(_content(trial.answer(index)) == _content(base.answers[index]) for index in trial.accepted)


def _content(value: Any) -> list[Any]:
    """The numbers and texts of an answer, in order, whatever its form."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, dict):
        value = list(value.values())
    return [leaf for item in value for leaf in _content(item)] if isinstance(value, list) else [value]


def _of(hack: Hack, name: str, said: str) -> Finding:
    return found(name, f"{hack.title}: {said}", hacks=(hack.name,))


def _figures(trial: Trial, rules: Rules) -> str:
    return f"{mean(trial.scores):.3f}{_beside(rules.base)}"


def _beside(base: Base | None) -> str:
    return f" ({base.name} {mean(base.scores):.3f})" if base is not None and base.scores else ""


def _refusal(trial: Trial) -> str:
    evaluation = trial.evaluation
    if evaluation is None or not evaluation.error:
        return "nothing was scored"
    first = evaluation.error.splitlines()[0].partition(": ")[2]
    return first if first.startswith(evaluation.verdict) else f"{evaluation.verdict}: {first}"
