"""How often a comparison of times that looks several times is right, and after how many batches it ends, by simulation.

Each row has a machine whose times vary by some percent, and a program that is faster, that is unchanged, or that moves its work
beside its calls. A cell tells in how many percent of DRAWS comparisons strop says "better", says "worse", and its interval holds
the truth; and after how many batches the comparison ends. `at once` is one look at all batches, at the whole level.

    python bench/looks.py [DRAWS]
"""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

from strop.analysis.stats import Estimate, is_enough, levels
from strop.evaluation.laws import BatchTimes, log_speedup

RESOLUTION = math.log(1.03)  # by which every interval of a function's time is wider on both sides
# Milliseconds of a batch's calls, and of what lies beside them, with its standard deviation.
MACHINES = [(0.4, 0.6, 0.05), (8.6, 10.0, 0.5), (8.6, 130.0, 8.0), (100.0, 10.0, 0.5)]
# Name of a plan → how many batches it has, and the level of each look.
PLANS = {
    **{f"{n}": (n, levels(n)) for n in (6, 7, 12, 20, 50)},
    "50 at once": (50, {50: 0.95}),
    "50 at equal parts": (50, dict.fromkeys((8, 16, 32, 50), 0.9875)),
}
ROWS = [
    *((name, {"ratio": ratio}) for name, ratio in (("unchanged", 1), ("1.18x", 1.18), ("2x", 2), ("10x", 10))),
    ("unchanged, bursts of the machine", {"burst": 0.04}),
    ("2x, bursts of the machine", {"ratio": 2, "burst": 0.04}),
    ("2x, some inputs ten times as long", {"ratio": 2, "skewed": 1.0}),
    ("0.2 to 1.8 of the log of 2", {"ratio": 2, "mixed": 0.8}),
    ("10x in one of 12 inputs", {"ratio": 10, "rare": 1 / 12}),
    ("10x in one of 6 inputs", {"ratio": 10, "rare": 1 / 6}),
    ("10x in one of 3 inputs", {"ratio": 10, "rare": 1 / 3}),
    ("1.2x, half as fast in one of 10", {"ratio": 0.5, "rare": 0.1, "others": 1.2}),
    ("unchanged, half as much beside", {"less": 0.5}),
    ("all work moved", {"moved": 1.0}),
    ("half moved, as much less described", {"moved": 0.5, "less_described": 0.5}),
    ("all moved, less described", {"moved": 1.0, "less_described": 1.0}),
    *((f"all moved, burns in 1 of {count}", {"moved": 1.0, "burn": 1 / count}) for count in (4, 10, 22, 40)),
    ("alone as slow, a batch at once", {"ratio": 10, "alone": 1.0}),
]


def drawn(rng: np.random.Generator, n: int, machine: tuple[float, float, float], row: dict[str, float]) -> BatchTimes:
    """n batches of a program on a machine."""
    calls, beside, spread = machine
    base = calls * rng.lognormal(0, row.get("skewed", 0.2), n)

    def noisy(values: np.ndarray) -> np.ndarray:
        slow = np.where(rng.random(n) < row.get("burst", 0), 1 + 3 * rng.random(n), 1.0)
        return values * np.exp(rng.normal(0, 0.02, n)) * slow

    opening = [noisy(np.full(n, 0.7 * beside)) + rng.normal(0, spread, n) for _ in range(2)]
    describing = [noisy(np.full(n, 0.3 * beside)) + rng.normal(0, spread / 3, n) for _ in range(2)]
    share, factor, mixed = row.get("moved", 0.0), row.get("ratio", 1.0), row.get("mixed", 0.0)
    ratio = np.where(
        rng.random(n) < row.get("rare", 1.0), factor ** rng.choice([1 - mixed, 1 + mixed], n), row.get("others", 1.0)
    )
    work = noisy(base)
    opening[1] = opening[1] * (1 - row.get("less", 0)) + share * work
    opening[1] += np.where(rng.random(n) < row.get("burn", 0), 40 * calls, 0.0)
    describing[1] -= np.minimum(row.get("less_described", 0) * base, describing[1])
    one = base / 20 * rng.lognormal(0, 0.2, n)
    alone = noisy(one), noisy(one / row.get("alone", ratio if share == 0 else 1000.0))
    program = noisy(base * max(1 - share, 0.01) / ratio)
    return BatchTimes(noisy(base), program, [opening[1] - opening[0], describing[1] - describing[0]], alone)


def cut(times: BatchTimes, n: int) -> tuple[Any, ...]:
    return (
        times.original[:n],
        times.program[:n],
        [part[:n] for part in times.beside],
        [part[:n] for part in times.alone or ()],
    )


def judged(
    draws: int, n: int, looks: dict[int, float], machine: tuple[float, float, float], row: dict[str, float]
) -> str:
    """Percent of comparisons that say better, say worse, and hold the truth, and the batches that they take."""
    shape = {name: row[name] for name in ("ratio", "rare", "others", "mixed", "skewed") if name in row}
    many = drawn(np.random.default_rng(0), 200_000, (*machine[:2], 0.0), shape)
    truth = 0.0 if "alone" in row else math.log(np.sum(many.original) / np.sum(many.program))
    counts, taken = np.zeros(2 if "burn" in row else 3), 0  # what burns is truly slower
    for draw in range(draws):
        times = drawn(np.random.default_rng([draw, n]), n, machine, row)
        for after, level in looks.items():
            change = log_speedup(BatchTimes(*cut(times, after)), confidence=level)
            low, high = change.interval or (-math.inf, math.inf)
            low, high = low - RESOLUTION, high + RESOLUTION
            if is_enough(Estimate(change.mean, None, after, (low, high)), is_ratio=True):
                break
        counts, taken = counts + (low > 0, high < 0, low <= truth <= high)[: len(counts)], taken + after
    return "/".join(f"{value:.0f}" for value in 100 * counts / draws) + f" {taken / draws:.0f}"


if __name__ == "__main__":
    print("better/worse/covered in %, batches taken; planned:", *PLANS)
    for calls, beside, spread in MACHINES:
        print(f"calls {calls:g} ms, beside them {beside:g} ms (standard deviation {spread:g})")
        for name, row in ROWS:
            cells = (
                judged(int((sys.argv[1:] or ["200"])[0]), *plan, (calls, beside, spread), row)
                for plan in PLANS.values()
            )
            print(f"  {name:34}", *(f"{cell:>14}" for cell in cells), flush=True)
