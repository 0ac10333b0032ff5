"""Step functions: Erdős' minimum overlap and three autocorrelation inequalities, valued by exact convolutions.

Heights become integers, rounded down and up to 160 binary digits below the largest one, so that every value is a certified bound.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Any

from strop import Construction, Malformed, Task
from strop_problems.plain import convolved, listed, number, on_a_grid
from strop_problems.steps_published import AUTOCORRELATION_1, AUTOCORRELATION_2, AUTOCORRELATION_3, OVERLAP

MOST = 100_000
"""Steps of an answer."""
DIGITS = 160
"""Binary digits of a rounded height."""

COMMON = """
`construct()` returns a list of 1 to 100000 finite numbers: the heights of a step function f on equally wide
steps{where}.

The value is computed exactly: every float is the rational number that it is, and nothing is lost in the convolution.
"""
FIRST = """
Find a step function f of heights at least 0 whose autoconvolution has a small maximum.

The value is max over t of (f*f)(t) / (integral of f)**2, where f*f(t) is the integral of f(t-x) f(x) dx. For n
heights a, that is 2 * n * max(convolve(a, a)) / sum(a)**2. Lower is better. It does not change when all heights are
multiplied by a number.
"""
SECOND = """
Find a step function f of heights at least 0 whose autoconvolution F = f*f is nearly flat: F(t) is the integral of
f(t-x) f(x) dx.

The value is ||F||_2**2 / (||F||_1 * ||F||_inf), exactly for the piecewise linear F. With c = convolve(a, a) of the
heights a, and c zero outside, that is sum(2*c[k]**2 + c[k]*c[k+1]) / (3 * sum(c) * max(c)). Higher is better. It does
not change when all heights are multiplied by a number.
"""
THIRD = """
Find a step function f whose autoconvolution has a small maximum. Heights may be negative.

The value is max over t of (f*f)(t) / (integral of f)**2, where f*f(t) is the integral of f(t-x) f(x) dx. For n
heights a, that is 2 * n * max(convolve(a, a)) / sum(a)**2. Lower is better. It does not change when all heights are
multiplied by a number. The integral must not be zero (within 1e-20 of the largest height).
"""
ERDOS = """
Erdős' minimum overlap problem: find a step function h on [0, 2] with heights from 0 to 1 and integral 1 for which the
largest overlap max over k of the integral of h(x) (1 - h(x+k)) dx is small; 1 - h counts only inside [0, 2].

The heights that you return count in proportion: the verifier first multiplies all of them by the same rational
number, so that the integral is exactly 1. After that no height may be above 1, not by 1e-18: keep the highest at most
1 - 1e-12 of that. With n heights h after this, the value is 2 / n * max(correlate(h, 1 - h, "full")). Lower is
better.
"""
SEED = '''\
import numpy as np


def construct():
    """{what}"""
    steps = 60
    x = (np.arange(steps) + 0.5) / steps
    return ({heights}).tolist()
'''


def heights_of(answer: Any, signed: bool = False) -> list[Fraction]:
    heights = [number(value, f"height {place}") for place, value in enumerate(listed(answer, "the answer", 1, MOST))]
    if not signed:
        for place, height in enumerate(heights):
            if height < 0:
                raise Malformed(f"height {place} is negative: {float(height)!r}")
    if not any(heights):
        raise Malformed("all heights are zero")
    return heights


def rounded(heights: list[Fraction]) -> tuple[list[int], list[int]]:
    """Integers just below and above the heights, all multiplied by the same positive number."""
    grid = on_a_grid(heights)
    drop = max(max(abs(value) for value in grid).bit_length() - DIGITS, 0)
    return [value >> drop for value in grid], [-(-value >> drop) for value in grid]


def first_autocorrelation(answer: Any) -> Fraction:
    low, high = rounded(heights_of(answer))
    return Fraction(2 * len(low) * max(convolved(high, high)), sum(low) ** 2)


def second_autocorrelation(answer: Any) -> Fraction:
    low, high = rounded(heights_of(answer))
    below, above = convolved(low, low), convolved(high, high)
    squares = 2 * sum(value**2 for value in below) + sum(left * right for left, right in pairwise(below))
    return Fraction(squares, 3 * sum(above) * max(above))


def third_autocorrelation(answer: Any) -> Fraction:
    """The heights are lifted by an integer above zero; what that adds to the convolution is taken off again."""
    low, high = rounded(heights_of(answer, signed=True))
    integral = max(sum(low), -sum(high))
    if integral <= max(max(high), -min(low)) >> 66:
        raise Malformed("the integral is zero, or too close to it")
    lift, count = max(-min(low), 0), len(low)
    sums = list(accumulate((value + lift for value in low), initial=0))
    peaks = []
    for place, value in enumerate(convolved([value + lift for value in high], [value + lift for value in high])):
        start, stop = max(0, place - count + 1), min(place + 1, count)
        peaks.append(value - 2 * lift * (sums[stop] - sums[start]) + lift**2 * (stop - start))
    return Fraction(2 * count * max(peaks), integral**2)


def minimum_overlap(answer: Any) -> Fraction:
    """With integers a of sum s, h is n a / 2 s, and the overlap is max(correlate(a, 2 s - n a)) / 2 s**2."""
    heights = heights_of(answer)
    count, total = len(heights), sum(heights)
    for place, height in enumerate(heights):
        if count * height > 2 * total:
            raise Malformed(
                f"height {place} is above 1 by {float(count * height / (2 * total) - 1):.3g} once the integral is 1"
            )
    low, high = rounded(heights)
    whole = sum(high)
    rest = [max(2 * whole - count * value, 0) for value in low]
    return Fraction(max(convolved(high, rest[::-1])), 2 * sum(low) ** 2)


def drawn(answer: Any) -> str:
    heights = [float(value) for value in answer]
    low, high = min(*heights, 0.0), max(*heights, 0.0)
    shown = heights[:: max(1, len(heights) // 1000)]
    wide, tall = 100 / len(shown), 90 / ((high - low) or 1.0)
    line = " ".join(
        f"{(place + side) * wide:.3f},{95 - (value - low) * tall:.3f}"
        for place, value in enumerate(shown)
        for side in (0, 1)
    )
    return f'<polyline fill="none" stroke="black" stroke-width="0.5" points="{line}"/>'


def erdos_overlap() -> Task:
    """Erdős' minimum overlap."""
    return Construction(
        name="minimum-overlap",
        what="finds overlap functions (Erdős)",
        statement=ERDOS + COMMON.format(where=" of [0, 2]"),
        seed=SEED.format(what="High in the middle, low at the sides.", heights="1 - 0.9 * np.cos(2 * np.pi * x)"),
        better="lower",
        verify=minimum_overlap,
        published=OVERLAP,
        scipy=True,
        draw=drawn,
    )


def autocorrelation_1() -> Task:
    """The first autocorrelation inequality."""
    return Construction(
        name="autocorrelation-1",
        what="finds low autoconvolutions",
        statement=FIRST + COMMON.format(where=" of [-1/4, 1/4]"),
        seed=SEED.format(what="The same height everywhere.", heights="np.ones(steps)"),
        better="lower",
        verify=first_autocorrelation,
        published=AUTOCORRELATION_1,
        scipy=True,
        draw=drawn,
    )


def autocorrelation_2() -> Task:
    """The second autocorrelation inequality."""
    return Construction(
        name="autocorrelation-2",
        what="finds flat autoconvolutions",
        statement=SECOND + COMMON.format(where=""),
        seed=SEED.format(what="The same height everywhere.", heights="np.ones(steps)"),
        better="higher",
        verify=second_autocorrelation,
        published=AUTOCORRELATION_2,
        scipy=True,
        draw=drawn,
    )


def autocorrelation_3() -> Task:
    """The third autocorrelation inequality."""
    return Construction(
        name="autocorrelation-3",
        what="finds low signed autoconvolutions",
        statement=THIRD + COMMON.format(where=" of [-1/4, 1/4]"),
        seed=SEED.format(what="The same height everywhere.", heights="np.ones(steps)"),
        better="lower",
        verify=third_autocorrelation,
        published=AUTOCORRELATION_3,
        scipy=True,
        draw=drawn,
    )
