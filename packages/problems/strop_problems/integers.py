"""Constructions of whole numbers: kissing spheres in dimension 11, products of matrices, sums and differences of sets."""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

from strop import Construction, Malformed, Published, Task
from strop.base.later import np
from strop_problems.plain import listed, whole

ALPHAEVOLVE = "https://github.com/google-deepmind/alphaevolve_results"
DIMENSION = 11
SPHERES = 1000
"""Points of an answer."""
KISSING = """
The kissing number in dimension 11: find as many directions as possible, any two of them at an angle of at least 60
degrees. So many spheres touch one of the same size.

`construct()` returns a list of at most 1000 points, none of them the origin: a point stands for its direction from the
origin. A point is a list of 11 coordinates, and a coordinate is a whole number p or a pair [p, q] of them, which
stands for p + q * sqrt(2). They are Python ints between -10**15 and 10**15. The value is the number of points. Higher
is better.

Every angle is checked exactly: 4 * (x . y)**2 <= (x . x) * (y . y) wherever x . y is above 0. Rounded coordinates
break this by a little, unless some room is left.
"""
KISSING_SEED = '''\
import itertools


def construct():
    """The roots of D11: two of the coordinates are 1 or -1, the others 0."""
    points = []
    for first, second in itertools.combinations(range(11), 2):
        for a, b in itertools.product((-1, 1), repeat=2):
            points.append([a if place == first else b if place == second else 0 for place in range(11)])
    return points
'''
ROWS, INNER, COLUMNS = 2, 4, 5
PRODUCT = """
Multiply a matrix A of 2 rows and 4 columns by a matrix B of 4 rows and 5 columns with as few multiplications as
possible. Entries do not commute, and coefficients are whole numbers.

`construct()` returns a list of at most 40 triples [u, v, w] of lists of whole numbers (Python ints) between -1000 and
1000: u has 8, v has 20, w has 10 of them, for the entries of A, B and C = A B, row by row. Triple t stands for the
product m_t = (sum of u[4*i+j] * A[i][j]) * (sum of v[5*j+k] * B[j][k]), and C[i][k] must be the sum over t of
w_t[5*i+k] * m_t, identically.

The value is the number of triples. Lower is better. The identity is checked exactly.
"""
PRODUCT_SEED = '''\
def construct():
    """The product of every pair of entries that the definition asks for: 40 multiplications."""
    triples = []
    for i in range(2):
        for j in range(4):
            for k in range(5):
                u, v, w = [0] * 8, [0] * 20, [0] * 10
                u[4 * i + j] = v[5 * j + k] = w[5 * i + k] = 1
                triples.append([u, v, w])
    return triples
'''
MOST = 4000
"""Numbers of a set."""
SETS = """
Find a finite set U of whole numbers, the smallest of them 0, with many differences and few sums: U + U is the set of
all u + v, and U - U the set of all u - v, for u and v in U.

`construct()` returns a list of 2 to 4000 different whole numbers (Python ints) from 0 to 10**18, 0 among them. The
value is 1 + log(|U - U| / |U + U|) / log(2 * max(U) + 1), a lower bound of the exponent of Gyarmati, Hennecart and
Ruzsa. Higher is better.

Sums and differences are counted exactly, and the logarithms are rounded down in the 40th digit.
"""
SETS_SEED = '''\
def construct():
    """The smallest set with more differences than sums, in three digits to base 7."""
    return [a + 7 * b + 49 * c for a in (0, 1, 3) for b in (0, 1, 3) for c in (0, 1, 3)]
'''


Surd = tuple[int, int]
"""The number p + q * sqrt(2)."""


def times(x: Surd, y: Surd) -> Surd:
    return x[0] * y[0] + 2 * x[1] * y[1], x[0] * y[1] + x[1] * y[0]


def positive(x: Surd) -> bool:
    """Whether p + q * sqrt(2) is above 0."""
    p, q = x
    if p >= 0 and q >= 0:
        return p > 0 or q > 0
    return (p > 0 and p * p > 2 * q * q) or (q > 0 and 2 * q * q > p * p)


def kissing_value(answer: Any) -> Fraction:
    points = listed(answer, "the answer", 1, SPHERES)
    plain, roots = [], []
    for place, point in enumerate(points):
        where = f"point {place}"
        pairs = [
            listed(value, where, 2, 2) if isinstance(value, list) else [value, 0]
            for value in listed(point, where, DIMENSION, DIMENSION)
        ]
        plain.append([whole(pair[0], where, -(10**15), 10**15) for pair in pairs])
        roots.append([whole(pair[1], where, -(10**15), 10**15) for pair in pairs])
        if not any(plain[-1] + roots[-1]):
            raise Malformed(f"{where} is the origin")
    p, q = np.array(plain, dtype=object), np.array(roots, dtype=object)  # Python's integers, as long as they need to be
    products = p @ p.T if not q.any() else p @ p.T + 2 * (q @ q.T)
    surds = np.zeros_like(products) if not q.any() else p @ q.T + q @ p.T
    rows, root_rows = products.tolist(), surds.tolist()
    for second in range(len(points)):
        row, root_row = rows[second], root_rows[second]
        for first in range(second):
            if row[first] <= 0 and root_row[first] <= 0:
                continue
            product = row[first], root_row[first]
            square = times(product, product)
            lengths = times((rows[first][first], root_rows[first][first]), (row[second], root_row[second]))
            if positive((4 * square[0] - lengths[0], 4 * square[1] - lengths[1])) and positive(product):
                raise Malformed(f"points {first} and {second} are at an angle of less than 60 degrees")
    return Fraction(len(points))


def product_value(answer: Any) -> Fraction:
    lengths = (ROWS * INNER, INNER * COLUMNS, ROWS * COLUMNS)
    total = np.zeros(lengths, dtype=np.int64)  # at most 40 * 1000**3
    triples = listed(answer, "the answer", 1, 40)
    for place, triple in enumerate(triples):
        parts = [
            listed(part, f"triple {place}", size, size)
            for part, size in zip(listed(triple, f"triple {place}", 3, 3), lengths, strict=True)
        ]
        u, v, w = (
            np.array([whole(value, f"triple {place}", -1000, 1000) for value in part], dtype=np.int64) for part in parts
        )
        total += u[:, None, None] * v[:, None] * w
    for i in range(ROWS):
        for j in range(INNER):
            for k in range(COLUMNS):
                total[INNER * i + j, COLUMNS * j + k, COLUMNS * i + k] -= 1
    if total.any():
        a, b, c = (int(place) for place in np.argwhere(total)[0])
        raise Malformed(f"entry {c} of C has a wrong coefficient of (entry {a} of A) * (entry {b} of B)")
    return Fraction(len(triples))


def sets_value(answer: Any) -> Fraction:
    numbers = [
        whole(value, f"number {place}", 0, 10**18) for place, value in enumerate(listed(answer, "the answer", 2, MOST))
    ]
    if min(numbers) != 0:
        raise Malformed("0 is not among the numbers")
    if len(set(numbers)) < len(numbers):
        raise Malformed("a number is there twice")
    values = np.array(sorted(numbers), dtype=np.int64)  # sums are at most 2 * 10**18, below 2**63
    first, second = np.triu_indices(len(values), 1)
    differences = 2 * distinct(values[second] - values[first]) + 1
    sums = distinct(np.concatenate([values[first] + values[second], 2 * values]))
    return 1 + logarithms_ratio(Fraction(differences, sums), 2 * max(numbers) + 1)


def distinct(values: np.ndarray) -> int:
    values.sort()
    return 1 + int(np.count_nonzero(values[1:] != values[:-1]))


def logarithms_ratio(above: Fraction, below: int) -> Fraction:
    """log(above) / log(below), at most 1e-38 too small and never too large. Decimal's logarithms are correctly rounded."""
    if above == 1:
        return Fraction(0)
    context = Context(prec=40)

    def bounds(value: int) -> tuple[Fraction, Fraction]:
        if value == 1:
            return Fraction(0), Fraction(0)
        rounded = Decimal(value).ln(context)
        return Fraction(context.next_minus(rounded)), Fraction(context.next_plus(rounded))

    (top_low, _), (_, bottom_high), (low, high) = bounds(above.numerator), bounds(above.denominator), bounds(below)
    difference = top_low - bottom_high
    return difference / (high if difference > 0 else low)


def kissing_11() -> Task:
    """The kissing number in dimension 11."""
    return Construction(
        name="kissing-11",
        what="kisses a sphere in 11 dimensions",
        statement=KISSING,
        seed=KISSING_SEED,
        better="higher",
        verify=kissing_value,
        published=(
            Published(
                Fraction(604),
                "agents on EinsteinArena",
                "2026-06",
                "https://arxiv.org/abs/2606.10402 (coordinates p + q sqrt(2))",
            ),
            Published(
                Fraction(594), "Together AI", "2026-04", "https://github.com/togethercomputer/EinsteinArena-new-SOTA"
            ),
            Published(Fraction(593), "AlphaEvolve", "2025-05", f"{ALPHAEVOLVE} (B.11)"),
            Published(Fraction(592), "Ganzhinov", "2022-07", "https://arxiv.org/abs/2207.08266"),
        ),
    )


def matrix_product() -> Task:
    """Matrices of 2 by 4 and 4 by 5."""
    return Construction(
        name="matrix-product-245",
        what="multiplies 2x4 by 4x5 matrices",
        statement=PRODUCT,
        seed=PRODUCT_SEED,
        better="lower",
        verify=product_value,
        published=(
            Published(
                Fraction(33),
                "AlphaTensor",
                "2022-10",
                "https://github.com/google-deepmind/alphatensor (rank 32 is known with halves only)",
            ),
            Published(Fraction(33), "Hopcroft and Kerr", "1971", "https://doi.org/10.1137/0120004"),
        ),
    )


def sums_and_differences() -> Task:
    """A set with many differences and few sums."""
    return Construction(
        name="sums-and-differences",
        what="finds sets with few sums",
        statement=SETS,
        seed=SETS_SEED,
        better="higher",
        verify=sets_value,
        published=(
            Published(Fraction("1.147988896509276"), "AlphaEvolve", "2025-05", f"{ALPHAEVOLVE} (B.6, 2003 integers)"),
        ),
    )
