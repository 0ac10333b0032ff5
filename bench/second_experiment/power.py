"""How often the sign test of the second experiment decides, by simulation: twelve tasks, ties left out, two-sided at 0.05.

python bench/second_experiment/power.py
"""

from __future__ import annotations

import math

import numpy as np

TASKS, DRAWS, LEVEL = 12, 200_000, 0.05


def p_value(wins: int, losses: int) -> float:
    """Exact and two-sided."""
    n = wins + losses
    return min(1.0, 2 * sum(math.comb(n, k) for k in range(min(wins, losses) + 1)) / 2.0**n)


def main() -> None:
    rng = np.random.default_rng(0)
    for n in range(6, TASKS + 1):
        print(f"{n} decided: {next(k for k in range(n + 1) if 2 * k > n and p_value(k, n - k) <= LEVEL)} wins needed")
    for ties in (0.0, 0.25, 0.5):
        for share in (0.5, 0.7, 0.8, 0.9):
            decided = rng.binomial(TASKS, 1 - ties, DRAWS)
            wins = rng.binomial(decided, share)
            table = {(n, k): p_value(k, n - k) <= LEVEL for n in range(TASKS + 1) for k in range(n + 1)}
            found = [table[int(n), int(k)] for n, k in zip(decided, wins, strict=True)]
            right = np.array(found) & (2 * wins > decided)
            print(f"ties {ties:.2f}, wins {share:.1f}: decided {np.mean(found):.3f}, for the winner {right.mean():.3f}")
    subsets = (np.arange(1, 2**TASKS)[:, None] >> np.arange(TASKS)) & 1
    weights = subsets / subsets.sum(axis=1)[:, None]
    for mean, spread in ((0.0, 0.2), (0.1, 0.2), (0.2, 0.2), (0.0, 0.5), (0.2, 0.5)):
        changes = rng.normal(mean, spread, (1000, TASKS)) * (rng.random((1000, TASKS)) > 0.25)
        means = np.sort(changes @ weights.T, axis=1)
        out = int(0.025 * (means.shape[1] + 1) + 1e-9)
        low, high = means[:, out - 1], means[:, -out]
        inside = np.mean((low <= 0.75 * mean) & (0.75 * mean <= high))
        print(
            f"log ratios of mean {0.75 * mean:.3f}: the interval holds it in {inside:.2f}, "
            f"half width {np.mean(high - low) / 2:.3f}"
        )


if __name__ == "__main__":
    main()
