"""How often the law of times is right: simulated batches of known seconds, judged by `strop.evaluation.laws.log_speedup`.

Each row has a machine whose times vary by some percent, and a program that is faster, that is unchanged, or that moves its work
beside its calls. It tells in how many percent of DRAWS comparisons the interval says "better", says "worse", and holds the truth.

    python bench/clock.py [DRAWS]
"""

from __future__ import annotations

import math
import sys

import numpy as np

from strop.evaluation.laws import BatchTimes, log_speedup

RESOLUTION = math.log(1.03)
"""By which every interval of a function's time is wider on both sides."""
MACHINES = [(0.4, 0.6, 0.05), (8.6, 10.0, 0.5), (8.6, 130.0, 8.0), (100.0, 10.0, 0.5)]
"""Milliseconds of a batch's calls, and of what lies beside them, with its standard deviation."""
COUNTS = (8, 16, 32, 50)
BURNS = (4, 10, 22, 40)
"""A program that burns CPU time does so in one process of so many."""
ROWS = [
    *((name, {"ratio": ratio}) for name, ratio in (("unchanged", 1), ("1.18x", 1.18), ("2x", 2), ("10x", 10))),
    ("unchanged, bursts of the machine", {"burst": 0.04}),
    ("2x, bursts of the machine", {"ratio": 2, "burst": 0.04}),
    ("unchanged, half as much beside", {"less": 0.5}),
    ("all work moved", {"moved": 1.0}),
    ("half moved, as much less described", {"moved": 0.5, "less_described": 0.5}),
    ("all moved, less described", {"moved": 1.0, "less_described": 1.0}),
    *((f"all moved, burns in 1 of {count}", {"moved": 1.0, "burn": 1 / count}) for count in BURNS),
    ("alone as slow, a batch at once", {"ratio": 10, "alone": 1.0}),
]


def drawn(rng: np.random.Generator, n: int, machine: tuple[float, float, float], row: dict[str, float]) -> BatchTimes:
    """n batches of a program on a machine."""
    calls, beside, spread = machine
    base = calls * rng.lognormal(0, 0.2, n)

    def noisy(values: np.ndarray) -> np.ndarray:
        slow = np.where(rng.random(n) < row.get("burst", 0), 1 + 3 * rng.random(n), 1.0)
        return values * np.exp(rng.normal(0, 0.02, n)) * slow

    opening = [noisy(np.full(n, 0.7 * beside)) + rng.normal(0, spread, n) for _ in range(2)]
    describing = [noisy(np.full(n, 0.3 * beside)) + rng.normal(0, spread / 3, n) for _ in range(2)]
    share, ratio = row.get("moved", 0.0), row.get("ratio", 1.0)
    work = noisy(base)
    opening[1] = opening[1] * (1 - row.get("less", 0)) + share * work
    opening[1] += np.where(rng.random(n) < row.get("burn", 0), 40 * calls, 0.0)
    describing[1] -= np.minimum(row.get("less_described", 0) * base, describing[1])
    one = base / 20 * rng.lognormal(0, 0.2, n)
    alone = noisy(one), noisy(one / row.get("alone", ratio if share == 0 else 1000.0))
    program = noisy(base * max(1 - share, 0.01) / ratio)
    return BatchTimes(noisy(base), program, [opening[1] - opening[0], describing[1] - describing[0]], alone)


def judged(draws: int, n: int, machine: tuple[float, float, float], row: dict[str, float]) -> str:
    """Percent of comparisons that say better, say worse, and hold the truth."""
    truth = math.log(row.get("ratio", 1.0)) if "alone" not in row else 0.0
    counts = np.zeros(2 if "burn" in row else 3)  # what burns is truly slower
    for draw in range(draws):
        times = drawn(np.random.default_rng([draw, n]), n, machine, row)
        low, high = log_speedup(times, confidence=0.95).interval or (-math.inf, math.inf)
        low, high = low - RESOLUTION, high + RESOLUTION
        counts += (low > 0, high < 0, low <= truth <= high)[: len(counts)]
    return "/".join(f"{value:.0f}" for value in 100 * counts / draws)


def main() -> None:
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    print("better/worse/covered in %; batches:", *COUNTS)
    for calls, beside, spread in MACHINES:
        print(f"calls {calls:g} ms, beside them {beside:g} ms (standard deviation {spread:g})")
        for name, row in ROWS:
            cells = (judged(draws, n, (calls, beside, spread), row) for n in COUNTS)
            print(f"  {name:36}", *(f"{cell:>12}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
