"""How much a metric improved: the ratio of the candidate's total to the original's.

Totals are what a user pays. A program that halves many short runs and slows a long one down can have a better mean ratio and a
larger bill. More is better in every ratio: 1.12 is 12% faster for a time. Differences are used instead for rates of passed tests,
and for values that have no ratio, because some are negative or nearly all are 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Literal, TypeAlias

from strop.analysis.stats import (
    CONFIDENCE,
    Estimate,
    differences,
    estimate,
    has_ratio,
    least_pairs,
    levels,
    log_ratio_of_totals,
    mean,
    score_difference,
    totals_by_input,
)
from strop.base.as_document import HIDDEN, computed
from strop.base.later import dataclass
from strop.base.results import CPU, WALL, Evaluation, ProgramRuns
from strop.evaluation.laws import SAME, BatchTimes, log_speedup
from strop.tasks.command.score_kinds import KINDS, RATES, TIMES
from strop.tasks.function.batch_metrics import ALONE, BESIDE, CALLS
from strop.tasks.objective_facts import MetricFacts, ObjectiveFacts

MOST = 20.0
"""The largest log-ratio that counts in a utility, and at which an interval ends."""
SETBACK = 1.5
"""An instance is named if it costs at least this many times as much, or gives this many times less."""
Scale: TypeAlias = Literal["ratio", "difference"]


@dataclass(frozen=True)
class Gain:
    """How the metric of the program differs from that of the original, on the same instances."""

    metric: MetricFacts
    """The metric that decides."""
    before: float
    """Mean of the original's values, in the unit of the metric."""
    after: float
    """Mean of the program's values, in the unit of the metric."""
    scale: Scale
    """Whether `amount` is a `ratio` (1.12 is 12% better) or a `difference`. More is better in both."""
    change: Estimate = field(metadata=HIDDEN)
    """The log of the ratio, or the difference, with its interval over pairs. Too few pairs (fewer than six at 95%), and values
    that never vary, have none."""
    deterministic: bool
    """Whether nothing varied: as many measurements as an interval takes (six at 95%, or three if the target chooses its
    inputs itself) all gave the same two values."""
    setbacks: tuple[float, ...] = ()
    """The instances on which the program is at least 1.5 times worse than the original: how many times as much it costs
    there, or how many times less it gives."""
    believed: str = field(default="", metadata=HIDDEN)
    """What is said instead of the verdict; empty if nothing else is."""
    confidence: float = CONFIDENCE
    """Confidence of `interval`: 0.95, and more in a later comparison of the same run."""

    @computed
    def amount(self) -> float:
        """The ratio of the two means, or their difference. More is better."""
        return self._scaled(self.change.mean)

    @computed
    def interval(self) -> tuple[float, float] | None:
        """Low and high end of the interval of `amount`. Null if nothing varies, or for a single measurement."""
        ends = self.change.interval
        return None if ends is None else (self._scaled(ends[0]), self._scaled(ends[1]))

    @computed
    def n(self) -> int:
        """Number of different inputs. If the target chooses its inputs itself, number of evaluations."""
        return self.change.n

    @computed
    def verdict(self) -> str:
        """What the numbers show: `better`, `worse` or `no significant change`. It is better or worse only if the
        interval excludes no change, or if nothing varies. `by its own score` or `better on its fixed input` stands in
        place of `better` where something holds the program back."""
        if self.believed:
            return self.believed
        interval, change = self.change.interval, self.change.mean
        if change == 0:
            return "no significant change"
        if not self.deterministic and (interval is None or interval[0] <= 0 <= interval[1]):
            return "no significant change"
        return "better" if change > 0 else "worse"

    def _scaled(self, x: float) -> float:
        return math.exp(x) if self.scale == "ratio" else x


Row: TypeAlias = Mapping[str, float]


def gain(
    metric: MetricFacts,
    after: Sequence[Row],
    before: Sequence[Row],
    *,
    chosen: bool,
    inputs: Sequence[int] = (),
    confidence: float = CONFIDENCE,
) -> Gain | None:
    """The gain in the metric over paired instances; None if an instance lacks the metric. `chosen` says that the target chooses
    its inputs itself. `inputs`: the number of the input of each instance, if some are equal: equal ones are one piece of
    evidence."""
    if not _has(metric, after, before):
        return None
    new, old = _values(metric, after), _values(metric, before)
    if all(part in row for row in before for part in BESIDE):
        return _faster(metric, after, before, inputs, confidence)
    new = [value if differs else own for value, own, differs in zip(new, old, differences(new, old), strict=True)]
    high, low = (new, old) if metric.goal == "max" else (old, new)
    scale: Scale = "ratio" if metric.reader not in RATES and has_ratio(new, old) else "difference"
    n = len({*inputs}) or len(new)
    constant = len(set(old)) == 1 and len(set(new)) == 1
    if constant or len(new) == 1:
        one = log_ratio_of_totals(high[:1], low[:1]) if scale == "ratio" else estimate([high[0] - low[0]])
        change = Estimate(one.mean, None, n)
    else:
        change = (
            _log_ratio(metric, high, low, inputs, confidence)
            if scale == "ratio"
            else score_difference(high, low, inputs=inputs, confidence=confidence)
        )
    setbacks = () if chosen or scale != "ratio" else _setbacks(high, low)
    deterministic = constant and n >= (SAME if chosen else least_pairs(confidence))
    return Gain(metric, mean(old), mean(new), scale, change, deterministic, setbacks, confidence=confidence)


def gain_in(facts: ObjectiveFacts, measured: Evaluation, *, confidence: float = CONFIDENCE) -> Gain | None:
    """The gain of a measurement relative to the original; None if an instance lacks the metric."""
    rows, chosen = (measured.metrics, measured.original_metrics), facts.input == "chosen"
    inputs = measured.inputs if measured.seen_in_training < len(measured.scores) else ()
    return gain(facts.metric, *rows, chosen=chosen, inputs=inputs, confidence=confidence)


def looked_at(facts: ObjectiveFacts, measured: Evaluation, *, confidence: float = CONFIDENCE) -> Gain | None:
    """The gain that a final comparison shows after so many of its pairs, at the level of that look. Its interval is printed at
    the confidence of the whole, which all looks together have."""
    level = _level(measured.planned, pairs_in(facts, measured), confidence)
    found = gain_in(facts, measured, confidence=level)
    return None if found is None else replace(found, confidence=confidence)


PROGRAM_TIMES = {name: MetricFacts(name, "min", name, KINDS[name].resolution) for name in (CPU, WALL)}
"""What a run of a whole program is measured by."""


def program_gain(runs: ProgramRuns, confidence: float = CONFIDENCE, name: str = CPU) -> Gain | None:
    """The gain of a whole program in the time `name`, as `looked_at` has it; None before it was run with the patch. Of too few
    pairs it has no interval."""
    n = len(runs.metrics)
    rows, level = (runs.metrics, runs.original_metrics[:n]), _level(runs.planned, n, confidence)
    found = gain(PROGRAM_TIMES[name], *rows, chosen=True, confidence=level)
    return None if found is None else replace(found, confidence=confidence)


def _level(planned: int, pairs: int, confidence: float) -> float:
    """The confidence of the look after so many pairs, of a comparison of at most `planned` pairs."""
    return next(level for after, level in levels(max(planned, pairs, 1), confidence).items() if after >= pairs)


def pairs_in(facts: ObjectiveFacts, measured: Evaluation) -> int:
    """How many instances were measured, with those that were left out because the original fails on them."""
    return len(measured.scores) + (0 if facts.metric.is_score else sum(measured.failures[:1]))


def utility_of(facts: ObjectiveFacts, measured: Evaluation) -> float:
    """The utility of a measurement, 1/2 for one as good as the original. For times it comes from the ratio of the totals, which
    the final sentence shows, too. For other metrics, and without a ratio, it is the mean of the scores."""
    decided = gain_in(facts, measured) if facts.metric.reader in TIMES else None
    if decided is None or decided.scale != "ratio":
        return measured.value
    return 1.0 / (1.0 + math.exp(-min(max(decided.change.mean, -MOST), MOST)))


def _has(metric: MetricFacts, after: Sequence[Row], before: Sequence[Row]) -> bool:
    rows = [*after, *before]
    return bool(rows) and len(after) == len(before) and all(metric.name in row for row in rows)


def _values(metric: MetricFacts, rows: Sequence[Row]) -> list[float]:
    return [row[metric.name] for row in rows]


def _faster(
    metric: MetricFacts, after: Sequence[Row], before: Sequence[Row], inputs: Sequence[int], confidence: float
) -> Gain:
    """The gain of a function's time, by `laws.log_speedup`. All columns are seconds of one call. Batches with equal inputs are
    summed up."""

    def column(name: str, rows: Sequence[Row]) -> Sequence[float]:
        return totals_by_input([row[name] for row in rows], inputs)

    beside = [
        totals_by_input([(new[part] - old[part]) / new[CALLS] for new, old in zip(after, before, strict=True)], inputs)
        for part in BESIDE
    ]
    alone = column(ALONE, before), column(ALONE, after)
    times = BatchTimes(column(metric.name, before), column(metric.name, after), beside, alone)
    change = _bounded(log_speedup(times, confidence=confidence), metric)
    new, old = _values(metric, after), _values(metric, before)
    charged = mean(old) * math.exp(-change.mean)  # with what lies beside the calls, as the law counts it
    return Gain(metric, mean(old), charged, "ratio", change, False, _setbacks(old, new), confidence=confidence)


def _log_ratio(
    metric: MetricFacts, high: Sequence[float], low: Sequence[float], inputs: Sequence[int], confidence: float
) -> Estimate:
    """The log-ratio of totals. Equal inputs are summed up and count once."""
    totals = (totals_by_input(values, inputs) for values in (high, low))
    return _bounded(log_ratio_of_totals(*totals, confidence=confidence), metric)


def _bounded(change: Estimate, metric: MetricFacts) -> Estimate:
    """The change with an interval that has the resolution of the metric, and no infinite end, as where single values are 0."""
    middle, unresolved = min(max(change.mean, -MOST), MOST), math.log1p(metric.resolution)
    if change.interval is None:
        return replace(change, mean=middle)
    first, last = (min(max(end, -MOST), MOST) for end in change.interval)
    return replace(change, mean=middle, interval=(first - unresolved, last + unresolved))


def _setbacks(high: Sequence[float], low: Sequence[float]) -> tuple[float, ...]:
    ratios = [b / a for a, b in zip(high, low, strict=True) if a > 0 and b > 0]
    return tuple(ratio for ratio in ratios if ratio >= SETBACK)
