"""Random cases of contest problems, by the numbers of the suite (`contest.py`): whole inputs, most of them small."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise

Case = Callable[[random.Random], str]
CASES: dict[int, Case] = {}
"""Problem → a function that draws one input."""


def of(number: int) -> Callable[[Case], Case]:
    """Put a function into the table."""

    def entered(case: Case) -> Case:
        CASES[number] = case
        return case

    return entered


def lines(*rows: object) -> str:
    """Rows of numbers, or of text, as lines."""
    return "".join(f"{row if isinstance(row, str) else ' '.join(map(str, row))}\n" for row in rows)  # type: ignore[call-overload]


def shuffled(rng: random.Random, n: int) -> list[int]:
    """A permutation of 1 to n."""
    return rng.sample(range(1, n + 1), n)


@of(5)
def hamiltonian_path(rng: random.Random) -> str:
    n = rng.choice((40, 100, 250, 600, 1500))
    path = shuffled(rng, n)
    edges = {*pairwise(path)}
    while len(edges) < min(6 * n, n * (n - 1)):
        u, v = rng.randint(1, n), rng.randint(1, n)
        edges |= {(u, v)} if u != v else set()
    least = [round(n * (1 - 0.5 * (1 - k / 9) ** 2)) for k in range(10)]
    return lines((n, len(edges)), least, *rng.sample(sorted(edges), len(edges)))


@of(11)
def palindrome_path(rng: random.Random) -> str:
    n, m = rng.randint(6, 20), rng.randint(6, 20)
    free = {(r, c) for r in range(n) for c in range(m) if rng.random() < 0.85}
    start = rng.choice(sorted(free))
    reached, queue = {start}, [start]
    while queue:
        r, c = queue.pop()
        new = {(r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)} & free - reached
        reached |= new
        queue += sorted(new)
    end = rng.choice(sorted(reached))
    rows = ("".join("01"[(r, c) in reached] for c in range(m)) for r in range(n))
    return lines((n, m), *rows, (start[0] + 1, start[1] + 1, end[0] + 1, end[1] + 1))


@of(33)
def number_of_increasing_subsequences(rng: random.Random) -> str:
    wanted = [max(2, int(10 ** rng.uniform(0.5, 18))) for _ in range(rng.randint(20, 100))]
    return lines((len(wanted),), wanted)


@of(44)
def tour_with_primes(rng: random.Random) -> str:
    n = rng.choice((40, 80, 150, 300, 600))
    xs = sorted(rng.sample(range(-(10**6), 10**6), n))
    centres = [rng.randint(-(10**6), 10**6) for _ in range(rng.choice((1, 4, 40)))]
    return lines((n,), *((x, rng.choice(centres) + rng.randint(-(10**5), 10**5)) for x in xs))


@of(62)
def balls_on_pillars(rng: random.Random) -> str:
    n, m = rng.randint(10, 50), rng.randint(100, 400)
    balls = [colour for colour in range(1, n + 1) for _ in range(m)]
    rng.shuffle(balls)
    return lines((n, m), *(balls[k * m : (k + 1) * m] for k in range(n)))


@of(214)
def sort_by_reversals(rng: random.Random) -> str:
    n = rng.randint(100, 1000)
    return lines((n,), shuffled(rng, n))


@of(227)
def four_subsequences(rng: random.Random) -> str:
    n = rng.choice((300, 1000, 3000, 10_000))
    return lines((n,), shuffled(rng, n))


@of(229)
def increasing_after_ten_changes(rng: random.Random) -> str:
    n, x = rng.choice((300, 1000, 3000, 10_000)), rng.choice((10**2, 10**5, 10**8, 10**9))
    return lines((n, x), [rng.randint(1, 10**9) for _ in range(n)])
