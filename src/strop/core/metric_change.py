"""How much each metric of a command task improved: paired log-ratios of the candidate's values to the original's.

More is better in every ratio: 1.12 is 12% faster for a time. Logs give halves and doubles the same weight. Values that are not
above 0 have no ratio, so differences are used instead.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

import numpy as np

from strop.analysis.stats import Estimate, mean, sign_flip_test, t_estimate
from strop.base.errors import StoreError
from strop.base.from_json import from_json
from strop.tasks.command.objective import Metric
from strop.tasks.command.task import AnyTask, CommandTask, shares_jail
from strop.tasks.function.task import SECONDS, FunctionTask

LEVEL = 0.05
"""Of the test, beside the 95% interval."""
LEAST = 6
"""The fewest measurements with which a sign-flip test can reach this level: 2 / 2**6 is 0.03, 2 / 2**5 is 0.06."""
Scale: TypeAlias = Literal["ratio", "difference"]
Check: TypeAlias = Literal["score", "comparison", "constraint", "nothing"]
"""What checks a program's answer: its score; or, if the score is a cost, the comparison with the original's output, a constraint,
or nothing."""


@dataclass(frozen=True)
class MetricFacts:
    """The facts about a metric that reports need."""

    name: str
    goal: Literal["max", "min"]
    weight: float = 1.0
    reader: str = ""
    """`time`, `wall`, `memory`, `passed`, `tests`, a path or an expression."""


@dataclass(frozen=True)
class ObjectiveFacts:
    """The facts about an objective that reports need; part of the record."""

    metrics: tuple[MetricFacts, ...]
    seeded: bool
    """Whether instances differ; otherwise they repeat the same measurement."""
    pareto: bool = False
    shares_jail: bool = False
    """Whether the program could forge its score."""
    check: Check = "score"
    fixed_input: bool = False
    """Whether the user declared that the input is always the same."""

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))


def facts_from(text: str) -> ObjectiveFacts:
    """The facts that `to_json` encoded.

    Raises:
        StoreError: `text` is something else.
    """
    try:
        return from_json(ObjectiveFacts, text)
    except ValueError as error:
        raise StoreError(f"the record does not say which metrics its run was about: {error}") from error


def facts_of(task: AnyTask) -> ObjectiveFacts | None:
    """The facts of a task's objective; None if the task has only scores."""
    if isinstance(task, FunctionTask) and task.by_time:
        return ObjectiveFacts((MetricFacts(SECONDS, "min", reader="time"),), seeded=True)
    if not isinstance(task, CommandTask):
        return None
    objective = task.objective

    def facts(metric: Metric) -> MetricFacts:
        return MetricFacts(metric.name, metric.goal, metric.weight, objective.readers.get(metric.name, ""))

    metrics = tuple(map(facts, objective.metrics))
    flags = (task.seeded, objective.pareto, shares_jail(task))
    return ObjectiveFacts(metrics, *flags, check=check_of(task), fixed_input=task.fixed_input)


def check_of(task: CommandTask) -> Check:
    """What checks the answer of a program of this task."""
    if not task.objective.is_cost:
        return "score"
    if task.compare_output:
        return "comparison"
    return "constraint" if task.objective.has_check else "nothing"


@dataclass(frozen=True)
class Gain:
    """One metric of the candidate and the original on the same instances."""

    metric: MetricFacts
    before: float
    """Mean of the original's values."""
    after: float
    scale: Scale
    """Whether `change` is of log-ratios or of differences; more is better in both."""
    change: Estimate
    """With Student's 95% interval; a single value has none."""
    p: float
    """Two-sided p-value of the sign-flip test."""
    deterministic: bool
    """Whether at least `LEAST` repeated measurements all gave the same two values."""

    @property
    def verdict(self) -> Literal["better", "worse", "no significant change"]:
        """Better or worse only if interval and test agree; a few equal measurements do not exclude chance."""
        interval = self.change.interval
        if interval is None or self.p > LEVEL or interval[0] <= 0 <= interval[1]:
            return "no significant change"
        return "better" if self.change.mean > 0 else "worse"


Row: TypeAlias = Mapping[str, float]


def gain(metric: MetricFacts, after: Sequence[Row], before: Sequence[Row], *, seeded: bool) -> Gain | None:
    """The gain in one metric over paired instances; None if some instance lacks it."""
    rows = list(zip(after, before, strict=False))
    if not rows or len(after) != len(before) or any(metric.name not in a or metric.name not in b for a, b in rows):
        return None
    new, old = [a[metric.name] for a, _ in rows], [b[metric.name] for _, b in rows]
    scale: Scale = "ratio" if all(value > 0 for value in new + old) else "difference"
    sign = 1.0 if metric.goal == "max" else -1.0
    of: Callable[[float, float], float] = _log_ratio if scale == "ratio" else _difference
    return _gain(metric, (old, new), scale, [sign * of(a, b) for a, b in zip(new, old, strict=True)], seeded)


def overall(facts: ObjectiveFacts, gains: Sequence[Gain], after: Sequence[Row], before: Sequence[Row]) -> Gain | None:
    """The weighted mean of the log-ratios of all metrics, on which the utility is based; None if one has no ratio."""
    if len(gains) != len(facts.metrics) or any(one.scale != "ratio" for one in gains):
        return None
    weight = sum(metric.weight for metric in facts.metrics)
    changes = [
        sum(
            metric.weight * (1 if metric.goal == "max" else -1) * _log_ratio(a[metric.name], b[metric.name])
            for metric in facts.metrics
        )
        / weight
        for a, b in zip(after, before, strict=True)
    ]
    one = [1.0] * len(changes)
    new = [math.exp(change) for change in changes]
    return _gain(MetricFacts("all together", "max"), (one, new), "ratio", changes, facts.seeded)


def _gain(
    metric: MetricFacts, values: tuple[list[float], list[float]], scale: Scale, changes: list[float], seeded: bool
) -> Gain:
    old, new = values
    constant = len(set(old)) == 1 and len(set(new)) == 1
    return Gain(
        metric,
        mean(old),
        mean(new),
        scale,
        t_estimate(changes),
        sign_flip_test(changes, rng=np.random.default_rng(0)),
        deterministic=not seeded and constant and len(changes) >= LEAST,
    )


def _log_ratio(a: float, b: float) -> float:
    return math.log(a) - math.log(b)


def _difference(a: float, b: float) -> float:
    return a - b
