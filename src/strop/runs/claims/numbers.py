"""Numbers and their intervals in words."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal

from strop.analysis.stats import CONFIDENCE, Estimate
from strop.base.errors import dollars
from strop.base.pluralize import plain

ALL_EQUAL = "all equal"
"""Replaces an interval without width."""
_NO_WIDTH = 1e-9
_EXACT = Context(prec=700)
"""Enough for every float."""


def money(value: float | None, is_bound: bool = False, maybe: float = 0) -> str:
    """An amount of dollars: `$0.0032`, or `at most $0.0032` for a bound. `maybe` are dollars that were reserved for requests
    without a response."""
    amount = "no known price" if value is None else f"{'at most ' if is_bound else ''}{dollars(round(value * 1e9))}"
    more = f"; at most {dollars(round(maybe * 1e9))} more may have been billed without a response"
    return amount + more * bool(maybe)


def in_words(value: Estimate | None, sign: str = "±") -> str:
    """An estimate as `0.612 ± 0.010`, without the error for a single value; `-` for None."""
    if value is None:
        return "-"
    return f"{value.mean:.3f}" if value.stderr is None else f"{value.mean:.3f} {sign} {value.stderr:.3f}"


def no_width(interval: Sequence[float]) -> bool:
    """Whether an interval has no width: all values are equal, which says nothing about further values."""
    return interval[1] - interval[0] < _NO_WIDTH


def percent(value: float, signed: bool = False) -> str:
    """`61.2`, or `+1.2`."""
    return written(100 * value, sign="+", places=1) if signed else f"{100 * value:.1f}"


def written(
    value: float, side: int = 0, *, sign: str = "", unchanged: float = 0.0, places: int = 3, digits: int = 0
) -> str:
    """A number with `places` decimals, or with `digits` significant digits. It gets more if it would otherwise look like no
    change.

    `side` is -1 or 1 for the lower or upper end of an interval, which is rounded outward; 0 rounds to the nearest number."""
    exact = Decimal(f"{value + 0.0:.12g}")  # 0.1 + 0.2 is no more than 0.3, and nothing has no sign
    if abs(value - unchanged) < _NO_WIDTH and not digits:
        exact = Decimal(unchanged)
    places = digits - 1 - exact.adjusted() if digits else places
    rounding = {-1: ROUND_FLOOR, 0: ROUND_HALF_EVEN, 1: ROUND_CEILING}[side]
    while True:
        rounded = exact.quantize(Decimal(1).scaleb(-places), rounding, _EXACT)
        if exact == unchanged or rounded != unchanged:
            break
        places += 1
    return plain(float(rounded), 12) if digits else f"{rounded or abs(rounded):{sign}f}"


def between(
    interval: Sequence[float] | None, sign: str = "", *, places: int = 3, digits: int = 0, unit: str = ""
) -> str:
    """An interval as `0.512 to 0.634`, or with the sign `+` as `+0.512 to +0.634`; `-` for None, and words for one without width.

    `unit` stands behind each end; ratios have the unit `x`. Every interval that strop prints is written here. For the other
    arguments see `written`.
    """
    if interval is None or no_width(interval):
        return "-" if interval is None else ALL_EQUAL
    unchanged = 1.0 if unit == "x" else 0.0
    low, high = (
        written(end, side, sign=sign, unchanged=unchanged, places=places, digits=digits) + unit
        for end, side in zip(interval, (-1, 1), strict=True)
    )
    return f"{low} to {high}"


def interval_in_brackets(interval: Sequence[float] | None, sign: str = "", *, confidence: float = CONFIDENCE) -> str:
    """` (95% interval 0.512 to 0.634)`; empty for None and for an interval without width."""
    if interval is None or no_width(interval):
        return ""
    return f" ({interval_of(confidence)} {between(interval, sign)})"


def interval_of(confidence: float) -> str:
    """`95% interval`, `97.5% interval`."""
    return f"{100 * confidence:.4g}% interval"


def seconds_in_words(seconds: float, digits: int = 3) -> str:
    """A measured time with the unit that suits it: `1.15 s`, `0.85 ms`, `3.2 µs`."""
    size = abs(seconds)
    if size >= 1 or size == 0:
        return f"{plain(seconds, digits)} s"
    return f"{plain(seconds * 1e3, digits)} ms" if size >= 1e-4 else f"{plain(seconds * 1e6, digits)} µs"


def signed(change: Estimate, *, confidence: float = CONFIDENCE) -> str:
    """A change as `+0.043 (95% interval -0.010 to +0.096)`."""
    return f"{written(change.mean, sign='+')}{interval_in_brackets(change.interval, '+', confidence=confidence)}"


def by_how_much(change: Estimate) -> str:
    """The size of a change, whatever its direction, as `0.198 (95% interval 0.100 to 0.296)`."""
    size = change if change.mean >= 0 else turned(change)
    return f"{written(size.mean)}{interval_in_brackets(size.interval)}"


def too_few(change: Estimate, things: str, least: int) -> str:
    """Why a difference has no interval: `at least 6 instances are needed to show a difference`; empty if it has one."""
    return "" if change.interval else f"at least {least} {things} are needed to show a difference"


def turned(change: Estimate) -> Estimate:
    """The change in the other direction: mean and interval with the opposite signs."""
    interval = None if change.interval is None else (-change.interval[1], -change.interval[0])
    return Estimate(-change.mean, change.stderr, change.n, interval)
