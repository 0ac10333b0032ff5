"""The last sign change of a combination of Laguerre polynomials, found a second time: decimal numbers of 150 digits."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext

Numbers = list[Decimal]
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798")


def laguerre(most: int) -> list[Numbers]:
    """Coefficients, lowest first, of the polynomials with parameter -1/2, by their recurrence."""
    rows: list[Numbers] = [[Decimal(1)], [Decimal("0.5"), Decimal(-1)]]
    for n in range(1, most):
        a, b = rows[n], [*rows[n - 1], Decimal(0), Decimal(0)]
        shifted, kept = [Decimal(0), *a], [*a, Decimal(0)]
        rows.append(
            [
                ((2 * n + Decimal("0.5")) * kept[k] - shifted[k] - (n - Decimal("0.5")) * b[k]) / (n + 1)
                for k in range(n + 2)
            ]
        )
    return rows


def at(polynomial: Sequence[Decimal], x: Decimal) -> Decimal:
    total = Decimal(0)
    for coefficient in reversed(polynomial):
        total = total * x + coefficient
    return total


def slope(polynomial: Sequence[Decimal]) -> Numbers:
    return [k * coefficient for k, coefficient in enumerate(polynomial)][1:]


def solved(rows: list[Numbers]) -> Numbers:
    """The solution of linear equations, right side last, by elimination."""
    n = len(rows)
    for column in range(n):
        best = max(range(column, n), key=lambda row: abs(rows[row][column]))
        rows[column], rows[best] = rows[best], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for row in range(n):
            if row != column:
                factor = rows[row][column]
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[column], strict=True)]
    return [row[-1] for row in rows]


def value(roots: Sequence[float], steps: int = 200_000, most: float = 100.0) -> Decimal:
    """y / (2 pi) for the last change of sign at y below `most`, looked for on a grid and then halved."""
    with localcontext(prec=150):
        zs = [Decimal(root) for root in roots]
        basis = laguerre(4 * len(zs) + 2)[::2]
        rows = [[*(one[0] for one in basis), Decimal(0)], [*((*one, Decimal(0))[1] for one in basis), Decimal(1)]]
        for z in zs:
            rows.append([*(at(one, z) for one in basis), Decimal(0)])
            rows.append([*(at(slope(one), z) for one in basis), Decimal(0)])
        weights = solved(rows)
        g = [
            sum((w * one[k] for w, one in zip(weights, basis, strict=True) if k < len(one)), Decimal(0))
            for k in range(len(basis[-1]))
        ]
        grid = [Decimal(most) * k / steps for k in range(1, steps + 1, max(steps // 4000, 1))]
        signs = [at(g, x) > 0 for x in grid]
        last = max(k for k in range(1, len(grid)) if signs[k] != signs[k - 1])
        low, high = grid[last - 1], grid[last]
        for _ in range(120):
            middle = (low + high) / 2
            low, high = (low, middle) if (at(g, middle) > 0) == signs[last] else (middle, high)
        return high / (2 * PI)
