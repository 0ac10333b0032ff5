"""Whether a result is beyond the best known value."""

from __future__ import annotations

from decimal import Decimal

SLACK = 1e-6
"""Relative: a value this much better than the best known one equals it, within the tolerance of a validator."""
FLOATS = 1e-14
"""The same for a value without a tolerance: what is lost where values travel as floats."""


def is_beyond(value: float, best_known: float, *, more_is_better: bool = True, exact: bool = False) -> bool:
    """Whether a value is better than the best known one, by more than the rounding of the latter: half a unit of its last digit.

    `exact`: the value was verified without a tolerance. Whole numbers are not rounded.
    """
    over = value - best_known if more_is_better else best_known - value
    last_digit = Decimal(repr(best_known)).as_tuple().exponent
    rounding = 0.0 if float(best_known).is_integer() else 0.5 * 10.0 ** int(last_digit)
    return over > max(rounding, (FLOATS if exact else SLACK) * abs(best_known))
