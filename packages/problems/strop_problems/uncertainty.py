"""An uncertainty inequality: the last sign change of a polynomial with prescribed double roots, enclosed by exact arithmetic."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import comb, gcd
from typing import Any

from strop import Construction, Malformed, Published, Task
from strop_problems.plain import listed, number

MOST = 14
"""Double roots of an answer."""
PI_LOW = Fraction(314159265358979323846264338327950288419, 10**38)
STATEMENT = """
An uncertainty inequality: for an even function f with f(0) <= 0 that is its own Fourier transform and is at least 0
from |x| = A on, A**2 cannot be too small. Find a function with a small A**2.

`construct()` returns a list of 1 to 14 different numbers z from 0.5 to 1000: double roots. With m of them, g(y) is
the only combination of the Laguerre polynomials L_0, L_2, L_4, ..., L_(4m+2) with parameter -1/2 (those of even
degree) that has g(0) = 0, g'(0) = 1, and g(z) = g'(z) = 0 for every z. The function is f(x) = g(2 pi x**2) exp(-pi
x**2) or its negative.

The value is y / (2 pi), where y > 0 is the last place at which g changes its sign. Lower is better. Roots which
prevent that there is exactly one such g are refused, and so are those for which g never changes its sign.

Everything is exact: floats are the rational numbers that they are, g is computed in rational numbers, and y is
enclosed within 1e-16 of itself from above. A double root of g / (y * product of (y - z)**2), or two roots of it
closer than that, count as a change of the sign.
"""
SEED = '''\
def construct():
    """Two double roots."""
    return [3.5, 6.0]
'''


def share(degree: int, power: int, most: int) -> int:
    """How much of the Laguerre polynomial of a degree is in y**power, times a number that depends on the degree only."""
    result = comb(power, degree) << (most - power)
    for factor in range(2 * degree + 1, 2 * power, 2):
        result *= factor
    return result


def solved(rows: list[list[int]]) -> list[int] | None:
    """The only solution of linear equations, whose last column is the right side, after a 1, and all times a number.

    By Bareiss' elimination, whose divisions leave no remainder.
    """
    size, before = len(rows), 1
    for column in range(size):
        pivot = next((row for row in range(column, size) if rows[row][column]), None)
        if pivot is None:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        top = rows[column]
        for row in range(column + 1, size):
            factor = rows[row][column]
            rows[row] = [0] * (column + 1) + [
                (top[column] * rows[row][place] - factor * top[place]) // before
                for place in range(column + 1, size + 1)
            ]
        before = top[column]
    last = rows[-1][-2]
    found = [0] * size  # the solution times `last`, all whole numbers
    for row in range(size - 1, -1, -1):
        rest = rows[row][-1] * last - sum(rows[row][place] * found[place] for place in range(row + 1, size))
        found[row] = rest // rows[row][row]
    return [last, *found]


def quotient(roots: list[Fraction]) -> list[int]:
    """Coefficients of q = g / (y * product of (y - z)**2), times a number: g has no Laguerre polynomial of odd degree in it."""
    square = [1]
    for root in roots + roots:
        above, below = root.numerator, root.denominator
        square = [below * left - above * right for left, right in zip([0, *square], [*square, 0], strict=True)]
    most = 4 * len(roots) + 2
    rows = []
    for degree in range(1, most, 2):
        shares = [share(degree, power, most) if power >= degree else 0 for power in range(most + 1)]
        row = [
            sum(map(int.__mul__, square, shares[start : start + len(square)])) for start in range(1, 2 * len(roots) + 3)
        ]
        rows.append(reduced([*row[1:], -row[0]]))
    found = solved(rows)
    if found is None:
        raise Malformed("there is not exactly one polynomial with these double roots")
    return reduced(found)


def reduced(row: list[int]) -> list[int]:
    divisor = gcd(*row) or 1
    return [value // divisor for value in row]


def halves(parts: list[int]) -> tuple[list[int], list[int]]:
    """Bernstein coefficients on the two halves of an interval, times 2**degree."""
    left, right, row = [], [], parts
    degree = len(parts) - 1
    for level in range(degree + 1):
        left.append(row[0] << (degree - level))
        right.append(row[-1] << (degree - level))
        row = [first + second for first, second in pairwise(row)]
    return left, right[::-1]


def changes(parts: list[int]) -> int:
    signs = [value > 0 for value in parts if value]
    return sum(first != second for first, second in pairwise(signs))


def last_change(polynomial: list[int]) -> Fraction | None:
    """A number at most 1e-16 (of itself) above the last positive place at which the polynomial changes its sign."""
    degree = len(polynomial) - 1
    while degree and polynomial[degree] == 0:
        degree -= 1
    bound = 1
    while bound <= 1 + max(abs(value) for value in polynomial[: degree + 1]) // abs(polynomial[degree]):
        bound *= 2
    scaled = [polynomial[power] * bound**power for power in range(degree + 1)]
    # Bernstein coefficients on (0, bound), times the product of all comb(degree, power)
    common = 1
    for power in range(degree + 1):
        common = common * comb(degree, power) // gcd(common, comb(degree, power))
    parts = [
        sum(scaled[power] * comb(place, power) * (common // comb(degree, power)) for power in range(place + 1))
        for place in range(degree + 1)
    ]
    waiting = [(Fraction(0), Fraction(bound), parts)]
    while waiting:
        low, high, parts = waiting.pop()
        if parts[-1] == 0:
            return high
        if changes(parts) == 0:
            continue
        if high - low <= low / 10**16 or high < Fraction(1, 10**6):
            return high
        middle = (low + high) / 2
        left, right = halves(reduced(parts))
        waiting += [(low, middle, left), (middle, high, right)]
    return None


def bound_of(answer: Any) -> Fraction:
    roots = [number(value, f"root {place}") for place, value in enumerate(listed(answer, "the answer", 1, MOST))]
    for place, root in enumerate(roots):
        if not Fraction(1, 2) <= root <= 1000:
            raise Malformed(f"root {place} is not between 0.5 and 1000")
    if len(set(roots)) < len(roots):
        raise Malformed("a root is there twice")
    last = last_change(quotient(sorted(roots)))
    if last is None:
        raise Malformed("the polynomial never changes its sign")
    return last / (2 * PI_LOW)


def uncertainty() -> Task:
    """An uncertainty inequality, by double roots."""
    return Construction(
        name="uncertainty",
        what="finds uncertainty functions",
        statement=STATEMENT,
        seed=SEED,
        better="lower",
        verify=bound_of,
        published=(
            Published(
                Fraction("0.31885"),
                "Together AI",
                "2026-03",
                "https://github.com/togethercomputer/EinsteinArena-new-SOTA",
            ),
            Published(
                Fraction("0.3216"),
                "AlphaEvolve",
                "2025-11",
                "https://github.com/google-deepmind/alphaevolve_results (B.4)",
            ),
            Published(Fraction("0.3284"), "Cohn and Gonçalves", "2019", "https://doi.org/10.1007/s00222-019-00875-4"),
        ),
        scipy=True,
    )
