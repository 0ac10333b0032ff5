"""How often `strop improve` wrongly says *better*, and how often its interval holds the truth, by simulation.

    python bench/one_run.py                  # some five minutes on a free core
    python bench/one_run.py --runs 200       # quick

Held-out scores are drawn, of two programs of equal worth, on instances that all differ. What is counted is what a run finds
(strop.runs.finding.Evidence). Tables in Markdown, as in docs/explanation/statistics.md.
The seed is fixed: the same tables every time.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

import numpy as np
from stats import SHAPES, Values, table

from strop.base.results import Evaluation, Improvement
from strop.runs.finding import Cost, Evidence, ScoredProgram

SIZES, IN_A_ROW = (6, 16, 50), 3
DRAWN = {
    "normal, sd 0.2": SHAPES["normal, sd 0.2"],
    "gains skewed: exponential": lambda rng, size: rng.exponential(0.1, size) - 0.1,
    "losses skewed: exponential": SHAPES["exponential losses"],
    "losses skewed: lognormal, sigma 1.5": SHAPES["lognormal losses, sigma 1.5"],
    "rare losses: +0.05, in 5% -0.95": SHAPES["+0.05, in 5% -0.95"],
    "two values: -1 or 1": lambda rng, size: rng.choice([-1.0, 1.0], size),
    "ties in 70%, else normal": lambda rng, size: np.where(rng.random(size) < 0.7, 0.0, rng.normal(0, 0.2, size)),
}
"""Differences of mean 0."""


def compared(differences: Values, number: int) -> Evidence:
    """The `number`th comparison of a run, with these differences between the improved program and the original."""
    n, zero = len(differences), Evaluation(0.5, "ok")
    scores = (0.5,) * n, tuple((0.5 + differences).tolist())
    original, improved = (
        ScoredProgram(text, zero, Evaluation(0.5, "ok", each, ("ok",) * n))
        for text, each in zip(("original", "improved"), scores, strict=True)
    )
    return Evidence(Improvement("improved"), original, improved, Cost(1, 1, 1), comparison=number)


def holds(found: Evidence) -> bool:
    """Whether the interval has the truth, 0, in it; so does none at all."""
    interval = found.difference.interval if found.difference is not None else None
    return interval is None or interval[0] <= 0 <= interval[1]


def once(runs: int, rng: np.random.Generator) -> Iterator[Sequence[str]]:
    for name, draw in DRAWN.items():
        cells = []
        for n in SIZES:
            found = [compared(row, 1) for row in draw(rng, (runs, n))]
            better = np.mean([one.finding == "better" for one in found])
            cells.append(f"{better:.3f}, {np.mean([holds(one) for one in found]):.3f}")
        yield name, *cells


def in_a_row(runs: int, rng: np.random.Generator) -> Iterator[Sequence[str]]:
    for name, draw in DRAWN.items():
        cells = []
        for n in SIZES:
            wrong = [
                any(compared(row, k).finding == "better" for k, row in enumerate(run, 1))
                for run in draw(rng, (runs, IN_A_ROW, n))
            ]
            cells.append(f"{np.mean(wrong):.3f}")
        yield name, *cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2_000)
    runs, rng = parser.parse_args().runs, np.random.default_rng
    headings = ("differences of mean 0", *(f"n = {n}" for n in SIZES))
    table("One comparison: `better`, nominal 0.025; interval holds, nominal 0.95", headings, once(runs, rng(1)))
    table(f"{IN_A_ROW} comparisons in a row: `better` in any, nominal 0.043", headings, in_a_row(runs, rng(2)))


if __name__ == "__main__":
    main()
