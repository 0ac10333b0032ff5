"""Unit hexagons in a hexagon, checked a second time: decimals of 60 digits, overlap by cutting one polygon with the other."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext

PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803")
SMALL = Decimal("1e-50")
Corner = tuple[Decimal, Decimal]


def turned(angle: Decimal) -> Corner:
    """Cosine and sine: Taylor's series of the 64th part of the angle, doubled six times."""
    part = angle / 64
    cosine = sine = Decimal(0)
    term, place = Decimal(1), 0
    while abs(term) > Decimal("1e-85"):
        if place % 2 == 0:
            cosine += term if place % 4 == 0 else -term
        else:
            sine += term if place % 4 == 1 else -term
        place += 1
        term = term * part / place
    for _ in range(6):
        cosine, sine = cosine * cosine - sine * sine, 2 * sine * cosine
    return cosine, sine


def corners(x: float, y: float, degrees: float, side: float = 1.0) -> list[Corner]:
    """Against the clock. The first corner is in the direction of the angle."""
    result = []
    for place in range(6):
        cosine, sine = turned((Decimal(degrees) + 60 * place) * PI / 180)
        result.append((Decimal(x) + Decimal(side) * cosine, Decimal(y) + Decimal(side) * sine))
    return result


def side_of(a: Corner, b: Corner, point: Corner) -> Decimal:
    return (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])


def common_area(first: list[Corner], second: list[Corner]) -> Decimal:
    """Twice the area that two convex polygons share."""
    shape = first
    for a, b in zip(second, second[1:] + second[:1], strict=True):
        kept: list[Corner] = []
        for p, q in zip(shape, shape[1:] + shape[:1], strict=True):
            at_p, at_q = side_of(a, b, p), side_of(a, b, q)
            if at_p >= 0:
                kept.append(p)
            if (at_p > 0 > at_q) or (at_p < 0 < at_q):
                share = at_p / (at_p - at_q)
                kept.append((p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1])))
        shape = kept
    return sum((p[0] * q[1] - q[0] * p[1] for p, q in zip(shape, shape[1:] + shape[:1], strict=True)), Decimal(0))


def broken_rule(hexagons: Sequence[Sequence[float]], outer: Sequence[float]) -> str | None:
    """Hexagons [x, y, degrees] in an outer one [x, y, degrees, side]: the rule that they break, if they break one."""
    with localcontext() as context:
        context.prec = 80
        shapes = [corners(*row) for row in hexagons]
        around = corners(*outer)
        for shape in shapes:
            if any(
                side_of(a, b, point) < -SMALL
                for a, b in zip(around, around[1:] + around[:1], strict=True)
                for point in shape
            ):
                return "outside"
        for place, shape in enumerate(shapes):
            if any(common_area(shape, other) > SMALL for other in shapes[:place]):
                return "overlap"
    return None
