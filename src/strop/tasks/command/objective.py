"""What counts in a measurement: a metric with its direction, constraints, and the utility in [0, 1] made from them.

A metric has no known scale, so a candidate is compared with the original: its *gain* is the logarithm of their ratio. A gain of
0 means as good as the original, log 2 twice as good.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal

from strop.base.errors import ConfigurationError
from strop.base.later import dataclass
from strop.base.pluralize import plain
from strop.base.results import Evaluation, Verdict, means_of
from strop.tasks.command.score_kinds import COUNTED_BY_KERNEL, TIMES

NAME = r"[A-Za-z_][\w.-]*"
"""The form of a metric's name."""
MISSES = "x the original's, where "
"""Stands in the message of a program that misses a relative bound."""
_MOST = 20.0
"""The largest gain: ratios count up to e**20, about 5e8. Beyond that, only the direction counts."""
_LARGE = 1e250
_TOLERANCE = 1e-9
"""Relative tolerance: the sum of rounded parts meets `tests=1`."""


@dataclass(frozen=True)
class Metric:
    """One number that is better when it is larger (`max`) or smaller (`min`)."""

    name: str
    goal: Literal["max", "min"] = "max"

    def gain(self, value: float, original: float) -> float:
        """How much better `value` is than the original's: the log of their ratio if both are positive. Always increasing.

        If the original's is 0 or less, there is no ratio; then the gain grows with the difference, in units of the original's
        size."""
        better = 1.0 if self.goal == "max" else -1.0
        if original > 0:
            if value > 0:
                return better * min(max(math.log(value) - math.log(original), -_MOST), _MOST)
            return -better * (_MOST + math.log1p(min(-value / original, _LARGE)))
        units = (value - original) / (abs(original) or 1.0)
        return better * math.asinh(min(max(units, -_LARGE), _LARGE))


@dataclass(frozen=True)
class Constraint:
    """A condition that a candidate must meet to count at all."""

    name: str
    relation: Literal["=", ">=", "<="]
    bound: float
    is_relative: bool = False
    """Whether the bound is a multiple of the original's value, as in `memory<=1.1x`."""

    def is_met(self, value: float) -> bool:
        """Whether a value meets it; equality is up to rounding."""
        slack = _TOLERANCE * max(abs(self.bound), abs(value))
        over, under = value >= self.bound - slack, value <= self.bound + slack
        return {"=": over and under, ">=": over, "<=": under}[self.relation]

    def __str__(self) -> str:
        return f"{self.name}{self.relation}{repr(self.bound).removesuffix('.0')}{'x' * self.is_relative}"

    @property
    def in_words(self) -> str:
        """The condition in words, for a model."""
        return f"{self}{' of the original' * self.is_relative} is required"

    def missed_by(self, after: Mapping[str, float], before: Mapping[str, float]) -> str:
        """Why a program's values do not meet it beside those of the original, in one line; empty if they do. A relative bound
        holds where the original has a value."""
        if self.name not in after or (self.is_relative and self.name not in before):
            return ""
        value, own = after[self.name], before[self.name] if self.is_relative else 1.0
        value = value / own if own else _LARGE if value else 1.0
        if self.is_met(value):
            return ""
        if not self.is_relative:
            return f"constraint {self} not met: {value:.6g}"
        limit = {"=": "required", ">=": "the least", "<=": "the most"}[self.relation]
        return f"{self.name} {plain(value, 3)}{MISSES}{self.bound:g}x is {limit}"


def missed(constraints: Iterable[Constraint], after: Mapping[str, float], before: Mapping[str, float]) -> str:
    """Why a program's values miss the first of these constraints that they miss, as `Constraint.missed_by` has it."""
    return next(filter(None, (constraint.missed_by(after, before) for constraint in constraints)), "")


def held_to(constraints: Iterable[Constraint], measured: Evaluation, *, is_original: bool = False) -> Evaluation:
    """The evaluation of a program, or a failed one if its means miss a constraint. Means count, because single measurements vary.
    No bound is relative for the original."""
    before, n = {} if is_original else means_of(measured.original_metrics), len(measured.scores)
    failed: Verdict = "malformed"
    if measured.verdict != "ok" or not (why := missed(constraints, measured.means, before)):
        return measured
    return replace(measured, value=0.0, verdict=failed, error=why, scores=(0.0,) * n, verdicts=(failed,) * n)


@dataclass(frozen=True)
class Objective:
    """The metric that decides, constraints, and how their values are read. A score that is neither is only shown."""

    metric: Metric
    readers: Mapping[str, str]
    """Name → how it is read: a word of `KINDS`, a JSON path `$.a.b`, `FILE:$.a.b`, or a regular expression."""
    constraints: tuple[Constraint, ...] = ()
    bounds: tuple[float, float] | None = None
    """The least and the greatest value of the metric, if they are known."""

    def __post_init__(self) -> None:
        """Raise ConfigurationError if something that counts has no reader."""
        for name in (self.metric.name, *(constraint.name for constraint in self.constraints)):
            if name not in self.readers:
                raise ConfigurationError(f"metric {name}: there is no score of that name; add one")

    def utility(self, values: Mapping[str, float], original: Mapping[str, float]) -> float:
        """The utility in [0, 1]: 1/2 is as good as the original, 2/3 twice as good, 1 the best value that there is.

        Ignores constraints (see `unmet`)."""
        if self.is_best(values):
            return 1.0
        gain = self.metric.gain(self.counted(values), self.counted(original))
        return 1.0 / (1.0 + math.exp(-gain))

    def unmet(self, values: Mapping[str, float]) -> str:
        """The first constraint that one measurement does not meet, the range of the metric included; empty if there is none.
        `held_to` checks relative bounds."""
        if self.bounds is not None and not self.bounds[0] <= (value := self.counted(values)) <= self.bounds[1]:
            low, high = self.bounds
            return f"{self.metric.name} is {value:.6g}, outside of its range, {low:g} to {high:g}"
        return missed(self.constraints, values, {})

    def is_best(self, values: Mapping[str, float]) -> bool:
        """Whether no value is better than that of the metric."""
        return self.bounds is not None and self.counted(values) == self.bounds[self.metric.goal == "max"]

    def counted(self, values: Mapping[str, float]) -> float:
        """The value of the metric."""
        return values[self.metric.name]

    @property
    def reader(self) -> str:
        """How the metric is read."""
        return self.readers[self.metric.name]

    @property
    def report_only(self) -> dict[str, str]:
        """The scores that are only shown, and how they are read."""
        counts = {self.metric.name, *(constraint.name for constraint in self.constraints)}
        return {name: reader for name, reader in self.readers.items() if name not in counts}

    @property
    def is_timed(self) -> bool:
        """Whether the metric is a time."""
        return self.reader in TIMES

    @property
    def counts_cost(self) -> bool:
        """Whether the kernel measures anything that counts."""
        return any(reader in COUNTED_BY_KERNEL for reader in self.readers.values())

    @property
    def is_cost(self) -> bool:
        """Whether the metric is time or memory: less work costs less, whether or not its answer is right."""
        return self.reader in COUNTED_BY_KERNEL

    @property
    def printed(self) -> tuple[str, ...]:
        """The readers of what a command prints or writes."""
        return tuple(reader for reader in self.readers.values() if reader not in (*COUNTED_BY_KERNEL, "passed"))

    @property
    def goals(self) -> str:
        """The goal and the constraints in words, for the utility's description u_str."""
        goal = f"{'maximise' if self.metric.goal == 'max' else 'minimise'} {self.metric.name}"
        needed = [constraint.in_words for constraint in self.constraints]
        return "; ".join([goal, *needed])
