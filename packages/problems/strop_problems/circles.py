"""Circles in a square or a rectangle: the sum of their radii, exact, on the floats as rational numbers."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Any

from strop import Construction, Malformed, Published, Task
from strop_problems.plain import listed, number, on_a_grid

ALPHAEVOLVE = "https://github.com/google-deepmind/alphaevolve_results"
TOGETHER = "https://github.com/togethercomputer/EinsteinArena-new-SOTA"
SQUARE = """
Pack {circles} circles into a square of side 1 so that the sum of their radii is as large as possible.

`construct()` returns a list of {circles} circles, each a list [x, y, radius]. Each radius is more than 0, each circle
lies in the square from (0, 0) to (1, 1), and no two overlap; they may touch. The value is the sum of the radii.
"""
RECTANGLE = """
Pack 21 circles into a rectangle of perimeter 4 so that the sum of their radii is as large as possible. You choose the
rectangle.

`construct()` returns [width, circles]: the rectangle reaches from (0, 0) to (width, 2 - width), and circles is a list
of 21 circles, each a list [x, y, radius]. Each radius is more than 0, each circle lies in the rectangle, and no two
overlap; they may touch. The value is the sum of the radii.
"""
MARGIN = """
Rounding errors overlap: compute the largest radii that fit, and subtract 1e-12 from each.
"""
SQUARE_SEED = '''\
def construct():
    """Equal circles on a grid."""
    side = 6
    places = [(column + 0.5) / side for column in range(side)]
    return [[x, y, 0.5 / side - 1e-12] for y in places for x in places][:{circles}]
'''
RECTANGLE_SEED = '''\
def construct():
    """Equal circles on a grid in a square."""
    side = 5
    places = [(column + 0.5) / side for column in range(side)]
    return [1.0, [[x, y, 0.5 / side - 1e-12] for y in places for x in places][:21]]
'''
PUBLISHED = {
    26: (
        Published(Fraction("2.6359830849"), "Together AI, EinsteinArena", "2026-04", TOGETHER),
        Published(Fraction("2.635983"), "ShinkaEvolve", "2025-09", "https://arxiv.org/abs/2509.19349"),
        Published(Fraction("2.63586276"), "AlphaEvolve", "2025-05", f"{ALPHAEVOLVE} (B.12)"),
    ),
    32: (
        # The sum of its radii; circle 0 leaves the square by 3.7e-14.
        Published(Fraction("2.9395727712101"), "SimpleTES", "2026-04", "https://github.com/wq-will/SimpleTES"),
        Published(Fraction("2.939572"), "TTT-Discover", "2026-01", "https://github.com/test-time-training/discover"),
        Published(Fraction("2.937"), "AlphaEvolve", "2025-05", f"{ALPHAEVOLVE} (B.12)"),
    ),
}


def sum_of_radii(circles: list[Any], count: int, width: Fraction, height: Fraction) -> Fraction:
    """The sum of the radii of `count` circles in a rectangle. Raises Malformed where one is outside, or two overlap."""
    rows = [listed(row, f"circle {place}", 3, 3) for place, row in enumerate(circles)]
    numbers = [number(value, f"circle {place}") for place, row in enumerate(rows) for value in row]
    *grid, right, top, one = on_a_grid([*numbers, width, height, Fraction(1)])
    places = [tuple(grid[start : start + 3]) for start in range(0, 3 * count, 3)]
    for place, (x, y, radius) in enumerate(places):
        if radius <= 0:
            raise Malformed(f"the radius of circle {place} is not more than 0")
        beyond = max(radius - x, radius - y, x + radius - right, y + radius - top)
        if beyond > 0:
            raise Malformed(f"circle {place} leaves its rectangle by {float(Fraction(beyond, one)):.2g}")
    for (first, (a, b, r)), (second, (c, d, s)) in combinations(enumerate(places), 2):
        if (square := (a - c) ** 2 + (b - d) ** 2) < (r + s) ** 2:
            by = float(Fraction((r + s) ** 2 - square, one**2)) / (2 * float(Fraction(r + s, one)))
            raise Malformed(f"circles {first} and {second} overlap by about {by:.2g}")
    return Fraction(sum(radius for _, _, radius in places), one)


def in_square(answer: Any, count: int) -> Fraction:
    """The sum of the radii of circles in the unit square."""
    return sum_of_radii(listed(answer, "the answer", count, count), count, Fraction(1), Fraction(1))


def in_rectangle(answer: Any) -> Fraction:
    """The sum of the radii of 21 circles in a rectangle of perimeter 4."""
    side, circles = listed(answer, "the answer", 2, 2)
    width = number(side, "the width")
    if not 0 < width < 2:
        raise Malformed("the width is not between 0 and 2")
    return sum_of_radii(listed(circles, "the circles", 21, 21), 21, width, 2 - width)


def _drawn(circles: Any, width: float, height: float) -> str:
    scale = 100 / max(width, height)
    box = f'<rect x="0" y="0" width="{scale * width:.3f}" height="{scale * height:.3f}"/>'
    return box + "".join(
        f'<circle cx="{scale * float(x):.3f}" cy="{scale * (height - float(y)):.3f}" r="{scale * float(radius):.3f}"/>'
        for x, y, radius in circles
    )


def circles_in_square(count: int) -> Task:
    """26 or 32 circles in the unit square."""
    return Construction(
        name=f"circles-{count}",
        what=f"packs {count} circles into a square",
        statement=SQUARE.format(circles=count) + MARGIN,
        seed=SQUARE_SEED.format(circles=count),
        better="higher",
        verify=lambda answer: in_square(answer, count),
        published=PUBLISHED[count],
        scipy=True,
        draw=lambda answer: _drawn(answer, 1.0, 1.0),
    )


def circles_26() -> Task:
    """26 circles in the unit square."""
    return circles_in_square(26)


def circles_32() -> Task:
    """32 circles in the unit square."""
    return circles_in_square(32)


def circles_in_rectangle() -> Task:
    """21 circles in a rectangle of perimeter 4."""
    return Construction(
        name="circles-rectangle-21",
        what="packs 21 circles into a rectangle",
        statement=RECTANGLE + MARGIN,
        seed=RECTANGLE_SEED,
        better="higher",
        verify=in_rectangle,
        published=(
            Published(Fraction("2.3658323759"), "Together AI, EinsteinArena", "2026-04", TOGETHER),
            Published(Fraction("2.3658321334"), "AlphaEvolve", "2025-05", f"{ALPHAEVOLVE} (B.13)"),
        ),
        scipy=True,
        draw=lambda answer: _drawn(answer[1], float(answer[0]), 2 - float(answer[0])),
    )
