"""Sets, spheres and products, checked a second time by counting, by decimal numbers and by multiplying matrices."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from decimal import Decimal, localcontext
from itertools import combinations


def exponent(numbers: Sequence[int]) -> float:
    """1 + log(differences / sums) / log(2 max + 1)."""
    sums, differences = ({a + sign * b for a in numbers for b in numbers} for sign in (1, -1))
    return 1 + math.log(len(differences) / len(sums)) / math.log(2 * max(numbers) + 1)


def is_kissing(points: Sequence[Sequence[int | Sequence[int]]]) -> bool:
    """Whether the unit vectors are at least 1 from each other, within 1e-60."""
    with localcontext(prec=90):
        root = Decimal(2).sqrt()
        rows = [[Decimal(x) if isinstance(x, int) else x[0] + x[1] * root for x in point] for point in points]
        units = []
        for row in rows:
            norm = sum((x * x for x in row), Decimal(0)).sqrt()
            units.append([x / norm for x in row])
        return all(
            sum(((x - y) ** 2 for x, y in zip(one, other, strict=True)), Decimal(0)) > 1 - Decimal("1e-60")
            for one, other in combinations(units, 2)
        )


def multiplies(triples: Sequence[Sequence[Sequence[int]]], tries: int = 20) -> bool:
    """Whether the triples multiply matrices whose entries do not commute: entries are random 3 by 3 matrices themselves."""
    rng = random.Random(0)

    def entry() -> list[list[int]]:
        return [[rng.randrange(-99, 100) for _ in range(3)] for _ in range(3)]

    def product(a: list[list[int]], b: list[list[int]]) -> list[list[int]]:
        return [[sum(a[i][j] * b[j][k] for j in range(3)) for k in range(3)] for i in range(3)]

    def combined(weights: Sequence[int], entries: Sequence[list[list[int]]]) -> list[list[int]]:
        return [[sum(w * e[i][k] for w, e in zip(weights, entries, strict=True)) for k in range(3)] for i in range(3)]

    for _ in range(tries):
        a, b = [entry() for _ in range(8)], [entry() for _ in range(20)]
        made = [product(combined(u, a), combined(v, b)) for u, v, _ in triples]
        for i in range(2):
            for k in range(5):
                right = combined([1] * 4, [product(a[4 * i + j], b[5 * j + k]) for j in range(4)])
                if combined([triple[2][5 * i + k] for triple in triples], made) != right:
                    return False
    return True
