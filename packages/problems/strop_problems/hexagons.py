"""Unit hexagons in the smallest regular hexagon: corners are known within 1e-54, and rules hold wherever they may be."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, pairwise
from math import cos, isqrt, radians, sin
from typing import Any, TypeAlias

from strop import Construction, Malformed, Published, Task
from strop_problems.plain import listed, number

Corner: TypeAlias = tuple[int, int]
STATEMENT = """
Pack {hexagons} regular hexagons of side 1 into a regular hexagon of the smallest possible side. Hexagons may be
turned.

`construct()` returns [outer, hexagons]. outer is a list [x, y, degrees, side] of the hexagon around, and hexagons is
a list of {hexagons} lists [x, y, degrees]: the centre of each, and the direction of its first corner from there,
against the clock from the x axis. All numbers are between -1000 and 1000. No two of the hexagons overlap, and each
lies in the outer one. The value is the side of the outer hexagon.

Corners have cosines as coordinates, so hexagons that touch cannot be told from hexagons that overlap: leave 1e-12
between them.
"""
SEED = '''\
import numpy as np


def construct():
    """The cells of a honeycomb that are nearest to the origin."""
    cells = [(a, b) for a in range(-3, 4) for b in range(-3, 4)]
    centers = np.array([(1.5 * a, 3**0.5 * (b + a / 2)) for a, b in cells]) * (1 + 1e-12)
    centers = centers[np.argsort(np.hypot(*centers.T), kind="stable")][:{hexagons}]
    corners = np.radians(60 * np.arange(6))
    points = (centers[:, None] + np.column_stack([np.cos(corners), np.sin(corners)])).reshape(-1, 2)
    best, turn = np.inf, 0.0
    for degrees in np.arange(0, 60, 0.5):
        normals = np.radians(degrees + 30 + 60 * np.arange(6))
        side = (points @ np.array([np.cos(normals), np.sin(normals)])).max() / np.sqrt(0.75)
        if side < best:
            best, turn = side, float(degrees)
    return [[0.0, 0.0, turn, float(best) * (1 + 1e-12)], [[float(x), float(y), 0.0] for x, y in centers]]
'''
PI = Fraction("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798")
BITS = 200
ONE = 1 << BITS
ERROR = 1 << 20
"""By how much a coordinate may be off, in units of 2**-BITS: cosines are off by less than 200, times a side of up to 1000."""
ROOT = isqrt(3 << (2 * BITS))
"""The square root of 3."""
LARGEST = 1000
"""Of the numbers of an answer."""
MARGIN = 8 * ERROR * 4 * (2 * LARGEST + 2 * LARGEST) * ONE
"""By how much a product of two coordinate differences, each at most 4 * LARGEST, may be off."""
TOGETHER = "https://github.com/togethercomputer/EinsteinArena-new-SOTA"
ALPHAEVOLVE = "https://github.com/google-deepmind/alphaevolve_results (B.7)"
PUBLISHED = {
    11: (
        Published(Fraction("3.930092"), "AlphaEvolve", "2025-05", ALPHAEVOLVE),
        Published(
            Fraction("3.943"), "Friedman's Packing Center", "2025", "https://erich-friedman.github.io/packing/hexinhex/"
        ),
    ),
    12: (
        Published(Fraction("3.9416523"), "Together AI, EinsteinArena", "2026-04", TOGETHER),
        Published(Fraction("3.9419123"), "AlphaEvolve", "2025-05", ALPHAEVOLVE),
    ),
}


def turned(degrees: Fraction) -> Corner:
    """Cosine and sine of an angle from 0 to 60 degrees, each within 200 units of the true one."""
    angle = int(degrees / 180 * PI * ONE)
    sums, term = [0, 0], ONE
    for place in range(90):
        sums[place % 2] += -term if place % 4 > 1 else term
        term = term * angle // (ONE * (place + 1))
    return sums[0], sums[1]


def corners(x: Fraction, y: Fraction, degrees: Fraction, side: Fraction = Fraction(1)) -> list[Corner]:
    """The corners against the clock, each coordinate within ERROR of the true one for sides up to 1000."""
    cosine, sine = turned(degrees % 60)
    half = [(cosine - (sine * ROOT >> BITS)) // 2, (sine + (cosine * ROOT >> BITS)) // 2]  # 60 degrees further
    ring = [(cosine, sine), (half[0], half[1]), (half[0] - cosine, half[1] - sine)]
    ring += [(-a, -b) for a, b in ring]
    return [(int((x + side * Fraction(a, ONE)) * ONE), int((y + side * Fraction(b, ONE)) * ONE)) for a, b in ring]


def side_of(a: Corner, b: Corner, point: Corner) -> int:
    """Twice the area of a triangle: more than 0 if the point is to the left of the line from a to b."""
    return (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])


def is_apart(first: list[Corner], second: list[Corner]) -> bool:
    """Whether an edge of one hexagon has all of the other one on its outer side, for all that the corners may be."""
    for one, other in ((first, second), (second, first)):
        for a, b in pairwise([*one, one[0]]):
            if all(side_of(a, b, point) < -MARGIN for point in other):
                return True
    return False


def outer_side(answer: Any, count: int) -> Fraction:
    """The side of the outer hexagon. Raises Malformed where hexagons overlap or leave it."""
    outer, inner = listed(answer, "the answer", 2, 2)
    x, y, degrees, side = (
        _coordinate(value, "the outer hexagon") for value in listed(outer, "the outer hexagon", 4, 4)
    )
    if side <= 0:
        raise Malformed("the side of the outer hexagon is not more than 0")
    rows = [
        listed(row, f"hexagon {place}", 3, 3) for place, row in enumerate(listed(inner, "the hexagons", count, count))
    ]
    shapes = [corners(*(_coordinate(value, f"hexagon {place}") for value in row)) for place, row in enumerate(rows)]
    around = corners(x, y, degrees, side)
    for place, shape in enumerate(shapes):
        if any(side_of(a, b, point) < MARGIN for a, b in pairwise([*around, around[0]]) for point in shape):
            raise Malformed(f"hexagon {place} is not inside the outer hexagon")
    for (first, one), (second, other) in combinations(enumerate(shapes), 2):
        if not is_apart(one, other):
            raise Malformed(f"hexagons {first} and {second} overlap")
    return side


def _coordinate(value: Any, where: str) -> Fraction:
    read = number(value, where)
    if abs(read) > LARGEST:
        raise Malformed(f"a number of {where} is not between -{LARGEST} and {LARGEST}")
    return read


def drawn(answer: Any) -> str:
    """The hexagons in their hexagon."""
    x, y, _, side = (float(value) for value in answer[0])
    drawing = ""
    for a, b, degrees, *size in [answer[0], *answer[1]]:
        ring = [radians(float(degrees) + 60 * place) for place in range(6)]
        length = float(size[0]) if size else 1.0
        away = [(float(a) + length * cos(turn) - x, float(b) + length * sin(turn) - y) for turn in ring]
        points = " ".join(f"{50 + 49 * across / side:.3f},{50 - 49 * up / side:.3f}" for across, up in away)
        drawing += f'<polygon points="{points}"/>'
    return drawing


def hexagons(count: int) -> Task:
    """11 or 12 hexagons."""
    return Construction(
        name=f"hexagons-{count}",
        what=f"packs {count} hexagons into a hexagon",
        statement=STATEMENT.format(hexagons=count),
        seed=SEED.format(hexagons=count),
        better="lower",
        verify=lambda answer: outer_side(answer, count),
        published=PUBLISHED[count],
        scipy=True,
        draw=drawn,
    )


def hexagons_11() -> Task:
    """11 hexagons in a hexagon."""
    return hexagons(11)


def hexagons_12() -> Task:
    """12 hexagons in a hexagon."""
    return hexagons(12)
