"""How much better each metric of a command task is: paired log-ratios of the candidate's values to the original's.

A ratio is turned so that more is better: 1.12 is 12% faster where the metric is a time. Logs make halves and doubles weigh the
same. Where a value is not above 0, which has no ratio, differences take their place.
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
"""Measurements that a sign-flip test needs at least to find anything at this level: 2 / 2**6 is 0.03, 2 / 2**5 is 0.06."""
Scale: TypeAlias = Literal["ratio", "difference"]
Check: TypeAlias = Literal["score", "comparison", "constraint", "nothing"]
"""What looks at a program's answer: its score; or, where that is a cost, the comparison with what the original shows, a
constraint, or nothing."""


@dataclass(frozen=True)
class MetricFacts:
    """What must be known of a metric to speak of it."""

    name: str
    goal: Literal["max", "min"]
    weight: float = 1.0
    reader: str = ""
    """`time`, `wall`, `memory`, `passed`, `tests`, a path or an expression."""


@dataclass(frozen=True)
class ObjectiveFacts:
    """What must be known of an objective to speak of what was measured; a record says it of itself."""

    metrics: tuple[MetricFacts, ...]
    seeded: bool
    """Whether instances differ; else they are measurements of the same thing."""
    pareto: bool = False
    shares_jail: bool = False
    """Whether the program could print a score that it has not earned."""
    check: Check = "score"
    fixed_input: bool = False
    """Whether the user accepts that the input is always the same."""

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))


def facts_from(text: str) -> ObjectiveFacts:
    """What `to_json` wrote.

    Raises:
        StoreError: it is something else.
    """
    try:
        return from_json(ObjectiveFacts, text)
    except ValueError as error:
        raise StoreError(f"the record does not say which metrics its run was about: {error}") from error


def facts_of(task: AnyTask) -> ObjectiveFacts | None:
    """The facts of a task's objective; None where scores are all that is known."""
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
    """What looks at the answer of a program of this task."""
    if not task.objective.is_cost:
        return "score"
    if task.compare_output:
        return "comparison"
    return "constraint" if task.objective.has_check else "nothing"


@dataclass(frozen=True)
class Gain:
    """One metric, the candidate's beside the original's on the same instances."""

    metric: MetricFacts
    before: float
    """Mean of the original's values."""
    after: float
    scale: Scale
    """What `change` is of: logs of ratios, or differences; more is better in both."""
    change: Estimate
    """With Student's 95% interval; of a single value there is none."""
    p: float
    """Two-sided p-value of the sign-flip test."""
    deterministic: bool
    """Whether each of `LEAST` or more measurements of the same thing gave the same two numbers."""

    @property
    def verdict(self) -> Literal["better", "worse", "no significant change"]:
        """Better and worse only where interval and test agree; few equal measurements exclude no chance either."""
        interval = self.change.interval
        if interval is None or self.p > LEVEL or interval[0] <= 0 <= interval[1]:
            return "no significant change"
        return "better" if self.change.mean > 0 else "worse"


Row: TypeAlias = Mapping[str, float]


def gain(metric: MetricFacts, after: Sequence[Row], before: Sequence[Row], *, seeded: bool) -> Gain | None:
    """The gain in one metric over paired instances; None where it was not measured on every one."""
    rows = list(zip(after, before, strict=False))
    if not rows or len(after) != len(before) or any(metric.name not in a or metric.name not in b for a, b in rows):
        return None
    new, old = [a[metric.name] for a, _ in rows], [b[metric.name] for _, b in rows]
    scale: Scale = "ratio" if all(value > 0 for value in new + old) else "difference"
    sign = 1.0 if metric.goal == "max" else -1.0
    of: Callable[[float, float], float] = _log_ratio if scale == "ratio" else _difference
    return _gain(metric, (old, new), scale, [sign * of(a, b) for a, b in zip(new, old, strict=True)], seeded)


def overall(facts: ObjectiveFacts, gains: Sequence[Gain], after: Sequence[Row], before: Sequence[Row]) -> Gain | None:
    """All metrics as one: the weighted mean of their log-ratios, which the utility is made of; None where one has no ratio."""
    if len(gains) != len(facts.metrics) or any(each.scale != "ratio" for each in gains):
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
