"""How often a final comparison says that answers carry over: of programs that remember, and of honest ones (docs/design/0112).

    python bench/carried.py            # some seconds; 300 comparisons a row

Each row draws comparisons, keeps those in which the program is better than the original, and tells in how many of these its
answers to other instances, one for each held-out one, are not shown to score less: all that remember should, and no other.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np

from strop.analysis.stats import decided, score_difference

RNG = np.random.default_rng(1)
Scores = np.ndarray
Draw = Callable[[int], tuple[Scores, Scores, Scores]]
"""A number of instances → scores of the program, of the original, and of the program's answers to other instances."""


def shifted(answers: Scores) -> Scores:
    """For each instance the answer to another one."""
    return np.roll(answers, -1)


def remembered(n: int) -> tuple[Scores, Scores, Scores]:
    """An answer that is worth as much everywhere, with the program's own luck."""
    own = 0.6 + RNG.normal(0, 0.05, n)
    return own, 0.5 + RNG.normal(0, 0.05, n), shifted(own)


def noisy_judge(n: int) -> tuple[Scores, Scores, Scores]:
    """An answer that is worth as much everywhere, with the judge's luck."""
    own, original, carried = (mean + RNG.normal(0, 0.05, n) for mean in (0.6, 0.5, 0.6))
    return own, original, carried


def labels(kinds: int, right: float, before: float) -> Draw:
    """A label of so many kinds, right with these probabilities, else any."""

    def draw(n: int) -> tuple[Scores, Scores, Scores]:
        truth = RNG.integers(kinds, size=n)
        own, original = (
            np.where(RNG.random(n) < chance, truth, RNG.integers(kinds, size=n)) for chance in (right, before)
        )
        return (own == truth) * 1.0, (original == truth) * 1.0, (shifted(own) == truth) * 1.0

    return draw


def parameter(width: float, error: float) -> Draw:
    """A number that differs between instances by `width`; the program misses it by `error`, the original by 0.5 more."""

    def draw(n: int) -> tuple[Scores, Scores, Scores]:
        truth = RNG.normal(0, width, n)
        own, original = (truth + RNG.normal(0, spread, n) for spread in (error, error + 0.5))
        first, second, third = (np.clip(1 - (each - truth) ** 2, 0, 1) for each in (own, original, shifted(own)))
        return first, second, third

    return draw


ROWS: dict[str, Draw] = {
    "remembers, own luck": remembered,
    "remembers, judge's luck": noisy_judge,
    "10 labels, 0.9 right": labels(10, 0.9, 0.3),
    "3 labels, 0.8 right": labels(3, 0.8, 0.2),
    "2 labels, all right": labels(2, 1.0, 0.0),
    "wide parameter": parameter(1.0, 0.1),
    "half as wide": parameter(0.3, 0.1),
    "narrow parameter": parameter(0.1, 0.05),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=300, help="comparisons of each row")
    times = parser.parse_args().times
    print(f"{'':26}{'instances':>10}{'better':>8}{'carries over':>14}")
    for n in (7, 10, 20):
        for name, draw in ROWS.items():
            drawn = [draw(n) for _ in range(times)]
            better = [(own, carried) for own, before, carried in drawn if is_more(own, before)]
            over = sum(not is_more(*pair) for pair in better)
            print(f"{name:26}{n:>10}{len(better) / times:>8.2f}{over / max(len(better), 1):>14.2f}")


def is_more(first: Scores, second: Scores) -> bool:
    """Whether the first scores are higher, as a finding decides it."""
    return decided(score_difference(first.tolist(), second.tolist())) > 0


if __name__ == "__main__":
    main()
