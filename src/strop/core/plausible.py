"""Whether a result can be true: not better than the best known value, and no leap that no other program came near.

Why these limits: docs/design/0093-scores-of-the-programs-own.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from strop.core.metric_change import RATES, MetricFacts
from strop.tasks.command.objective import COUNTED_BY_KERNEL

SLACK = 1e-6
"""Relative: a value this much better than the best known one equals it, within the tolerance of a validator."""
FLOATS = 1e-14
"""The same for a value without a tolerance: what is lost where values travel as floats."""
LEAP = 1000.0
"""How many times as far from the original as every other plausible program an implausible one is."""


def is_beyond(value: float, best_known: float, *, more_is_better: bool = True, exact: bool = False) -> bool:
    """Whether a value is better than the best known one, by more than the rounding of the latter: half a unit of its last digit.

    `exact`: the value was verified without a tolerance. Whole numbers are not rounded.
    """
    over = value - best_known if more_is_better else best_known - value
    last_digit = Decimal(repr(best_known)).as_tuple().exponent
    rounding = 0.0 if float(best_known).is_integer() else 0.5 * 10.0 ** int(last_digit)
    return over > max(rounding, (FLOATS if exact else SLACK) * abs(best_known))


def is_leap(metric: MetricFacts, result: tuple[float, float], others: Iterable[tuple[float, float]]) -> bool:
    """Whether a result is better by so much that no other program of the run came near.

    Each is (its value, the original's). Costs that the kernel counts make no leap, nor do values up to 1: of a poor original they
    are a large multiple.
    """
    if metric.reader in (*COUNTED_BY_KERNEL, *RATES) or (metric.goal == "max" and result[0] <= 1):
        return False
    reached = 1.0
    for units in sorted(_units(metric, *other) for other in others):
        if units <= LEAP * reached:
            reached = max(reached, units)
    return _units(metric, *result) > LEAP * reached


def _units(metric: MetricFacts, value: float, original: float) -> float:
    """How much better a value is, in units of the original's size."""
    better = value - original if metric.goal == "max" else original - value
    return better / (abs(original) or 1.0)
