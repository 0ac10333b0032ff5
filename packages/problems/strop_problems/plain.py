"""Plain data into exact numbers: floats are the binary rationals that they are."""

from __future__ import annotations

from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from fractions import Fraction
from math import isfinite
from typing import Any

from strop import Malformed

LARGEST = 2**256
"""Largest size of a number of an answer."""


def listed(value: Any, where: str, low: int, high: int) -> list[Any]:
    """A list of `low` to `high` items."""
    if not isinstance(value, (list, tuple)):
        raise Malformed(f"{where} is not a list")
    if not low <= len(value) <= high:
        count = f"{low}" if low == high else f"{low} to {high}"
        raise Malformed(f"{where} has {len(value)} items, expected {count}")
    return list(value)


def number(value: Any, where: str) -> Fraction:
    """An int or a finite float as a rational number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Malformed(f"{where} is not a number")
    if isinstance(value, float) and not isfinite(value):
        raise Malformed(f"{where} is not finite")
    if abs(value) > LARGEST:
        raise Malformed(f"{where} is larger than 2**256")
    return Fraction(value)


def whole(value: Any, where: str, low: int, high: int) -> int:
    """An int from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed(f"{where} is not a whole number")
    if not low <= value <= high:
        raise Malformed(f"{where} is not between {low} and {high}")
    return int(value)


def on_a_grid(values: list[Fraction]) -> list[int]:
    """The values, all multiplied by the same power of two that makes them integers. They came from floats and ints."""
    scale = max((value.denominator for value in values), default=1)
    return [value.numerator * (scale // value.denominator) for value in values]


def convolved(left: list[int], right: list[int]) -> list[int]:
    """Exact convolution of lists of integers of at least 0.

    Each list becomes one long decimal number with room for every sum: `decimal` multiplies those in nearly linear time.
    """
    room = len(str(max(left) * max(right) * min(len(left), len(right))))
    context = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
    first, second = (Decimal("".join(f"{value:0{room}d}" for value in values)) for values in (left, right))
    count = len(left) + len(right) - 1
    digits = f"{context.multiply(first, second):f}".zfill(count * room)
    return [int(digits[place : place + room]) for place in range(0, count * room, room)]
