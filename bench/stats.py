"""What an interval means, by simulation: how often a claim is false, how often an interval holds, how much a gain takes.

    python bench/stats.py                  # some ten minutes on a free core
    python bench/stats.py --runs 1000      # quick

Tables in Markdown, summed up in docs/statistics.md. `!` marks what misses its promise by more than chance (99.9%). The seed is
fixed: the same tables every time.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from strop.analysis import stats
from strop.analysis.stats.sequential import _FRACTIONS, _SHARES
from strop.checks.held_out import MOST_ROUNDS

Values = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, ...]], Values]
SIDE = 0.025
"""Promised of `better` where there is no difference, and of `worse`."""
SIZES = (6, 10, 16, 40)
HELD_OUT = 16
"""Instances of one round, in the sequential comparison."""
GAINS = (0.02, 0.05, 0.1, 0.2)


def rare(often: float) -> Draw:
    return lambda rng, size: np.where(rng.random(size) < often, often - 1, often)


def losses(draw: Draw, mean: float) -> Draw:
    """Usually a small gain, with losses of this shape, scaled and clipped to the range; shifted to mean 0."""
    scale = 0.25 / mean
    whole = np.clip(scale * draw(np.random.default_rng(0), (1_000_000,)), 0, 1)
    return lambda rng, size: float(whole.mean()) - np.clip(scale * draw(rng, size), 0, 1)


def failing(often: float) -> Draw:
    """The difference of two programs that are the same, score 0.8 +- 0.02, and fail in this share of calls, each by itself."""

    def one(rng: np.random.Generator, size: tuple[int, ...]) -> Values:
        return np.where(rng.random(size) < often, 0.0, np.clip(rng.normal(0.8, 0.02, size), 0, 1))

    return lambda rng, size: one(rng, size) - one(rng, size)


SHAPES: dict[str, Draw] = {
    "normal, sd 0.2": lambda rng, size: np.clip(rng.normal(0, 0.2, size), -1, 1),
    "t with 2 df, clipped": lambda rng, size: np.clip(0.1 * rng.standard_t(2, size), -1, 1),
    "ties in 90%, else -1 or 1": lambda rng, size: rng.choice([-1.0, 0.0, 1.0], size, p=[0.05, 0.9, 0.05]),
    "three levels": lambda rng, size: rng.choice([-1.0, 0.0, 1.0], size),
    "beta(0.5, 4.5) differences": lambda rng, size: rng.beta(0.5, 4.5, size) - rng.beta(0.5, 4.5, size),
    "+0.05, in 5% -0.95": rare(0.05),
    "+0.1, in 10% -0.9": rare(0.1),
    "lognormal losses, sigma 1.5": losses(lambda rng, size: rng.lognormal(0, 1.5, size), math.exp(1.125)),
    "exponential losses": losses(lambda rng, size: rng.exponential(1, size), 1.0),
    "same program, fails in 0.2%": failing(0.002),
    "same program, fails in 1%": failing(0.01),
    "same program, fails in 5%": failing(0.05),
}


def capitals(values: Values, mean: float, low: float, high: float) -> tuple[Values, Values]:
    """The logarithm of the capital against a mean of at most, and of at least, `mean`, after the last value of each row."""

    def of(moved: Values, room: float) -> Values:
        logs = np.stack([np.log1p(bet / room * moved).sum(axis=-1) for bet in _FRACTIONS])
        top = logs.max(axis=0)
        return np.asarray(top + np.log(np.tensordot(_SHARES, np.exp(logs - top), 1)))

    return of(values - mean, mean - low), of(mean - values, high - mean)


def missed(values: Values, mean: float = 0.0, low: float = -1.0, high: float = 1.0, side: float = SIDE) -> Values:
    """1 for rows whose interval lies above `mean`, -1 for below, else 0: what strop.analysis.stats finds, many rows at once."""
    above, below = capitals(values, mean, low, high)
    found = (above >= math.log(1 / side)).astype(float) - (below >= math.log(1 / side))
    if low == -1.0 and mean == 0.0 and side == SIDE:  # the functions that strop calls, on the first rows
        for row, one in zip(values[:20].tolist(), found, strict=False):
            pair = [max(x, 0.0) for x in row], [max(-x, 0.0) for x in row]
            assert stats.decided(stats.score_difference(*pair)) == one
    return np.asarray(found)


def rate(hits: Values, most: float) -> str:
    """A rate of false claims, marked if it is above what is promised by more than chance."""
    low, _ = stats.wilson_interval(int(hits.sum()), hits.size, confidence=0.999)
    return f"{hits.mean():.3f}{' !' if low > most else ''}"


def table(title: str, headings: Iterable[str], rows: Iterable[Sequence[str]]) -> None:
    headings = list(headings)
    print(f"\n{title}\n\n| {' | '.join(headings)} |\n|{'---|' * len(headings)}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


def fixed(runs: int, rng: np.random.Generator) -> Iterator[Sequence[str]]:
    for name, draw in SHAPES.items():
        new, held = [], []
        for n in SIZES:
            values = draw(rng, (runs, n))
            found = missed(values)
            new.append(rate(found > 0, SIDE))
            held.append(f"{1 - np.abs(found).mean():.3f}")
        yield name, " / ".join(new), " / ".join(held)


def sequential(runs: int, rng: np.random.Generator) -> Iterator[Sequence[str]]:
    """At most, as no comparison is given up for hopeless here."""
    for name, draw in SHAPES.items():
        values = draw(rng, (runs, MOST_ROUNDS * HELD_OUT))
        ever, open_ = np.zeros(runs), np.ones(runs, dtype=bool)
        for n in range(HELD_OUT, MOST_ROUNDS * HELD_OUT + 1, HELD_OUT):
            found = np.where(open_, missed(values[:, :n]), 0)
            ever += found
            open_ &= found == 0
        yield name, rate(ever > 0, SIDE), rate(ever < 0, SIDE)


def copies(runs: int, rng: np.random.Generator) -> Iterator[Sequence[str]]:
    """û of copies on common instances: a against b, whose expectations on these instances are equal."""

    def fails(rng: np.random.Generator, k: int, m: int, scores: Values, often: float) -> Values:
        work = np.clip(scores + 0.05 * rng.normal(size=(runs, k, m)), 0, 1)
        return np.where(rng.random((runs, k, 1)) < often, 0.0, work).mean(axis=2)

    def skew(rng: np.random.Generator, k: int, m: int, scores: Values, often: float) -> Values:
        return np.clip(scores + 0.3 - 0.3 * rng.exponential(1, (runs, k, 1)), 0, 1).repeat(m, axis=2).mean(axis=2)

    def steady(rng: np.random.Generator, k: int, m: int, scores: Values, often: float) -> Values:
        work = np.clip(scores + 0.05 * rng.normal(size=(runs, k, m)), 0, 1)
        return (1 - often) * work.mean(axis=2)

    pairs = {
        "both fail in 10%": (fails, fails, 0.1),
        "both fail in 40%": (fails, fails, 0.4),
        "one of two fails in 10%, equal means": (fails, steady, 0.1),
        "both skewed": (skew, skew, 0.0),
    }
    for name, (a, b, often) in pairs.items():
        for m in (1, 5, 20):
            row = []
            for k in (2, 3, 5, 10, 20):
                scores = np.clip(rng.normal(0.7, 0.1, (runs, 1, m)), 0, 1)
                found = missed(a(rng, k, m, scores, often) - b(rng, k, m, scores, often))
                row.append(rate(np.abs(found), 2 * SIDE))
            yield name, str(m), " / ".join(row)


def means(runs: int, rng: np.random.Generator) -> Iterator[Sequence[str]]:
    """Coverage of û itself, in [0, 1]."""
    for name, draw, truth in (
        ("bimodal: 0.2 or 0.9", lambda size: rng.choice([0.2, 0.9], size), 0.55),
        ("0.8, in 10% 0", lambda size: np.where(rng.random(size) < 0.1, 0.0, 0.8), 0.72),
        ("beta(0.5, 4.5)", lambda size: rng.beta(0.5, 4.5, size), 0.1),
    ):
        row = [missed(draw((runs, n)), truth, 0.0, 1.0) for n in (5, 10, 20, 50)]
        yield name, " / ".join(f"{1 - np.abs(found).mean():.3f}" for found in row)


def power(runs: int, rng: np.random.Generator) -> Iterator[Sequence[str]]:
    """Held-out instances of the sequential comparison, as it is run, for the middle and the slowest fifth of the comparisons."""

    def taken(values: Sequence[float]) -> int | None:
        for n in range(HELD_OUT, MOST_ROUNDS * HELD_OUT + 1, HELD_OUT):
            pair = [max(x, 0.0) for x in values[:n]], [max(-x, 0.0) for x in values[:n]]
            if shown := stats.decided(stats.score_difference(*pair)):
                return n if shown > 0 else None
            if stats.hopeless(values[:n], MOST_ROUNDS * HELD_OUT - n):
                return None
        return None

    for gain in GAINS:
        for sd in (0.0, 0.05, 0.15, 0.3):
            rows = np.clip(rng.normal(gain, sd, (runs // 100, MOST_ROUNDS * HELD_OUT)), -1, 1).tolist()
            found = sorted(n if (n := taken(row)) is not None else 10**6 for row in rows)
            middle, slow = (found[int(part * (len(found) - 1))] for part in (0.5, 0.8))
            words = [str(n) if n < 10**6 else "-" for n in (middle, slow)]
            yield f"+{gain}", f"{sd}", *words, f"{np.mean(np.array(found) < 10**6):.2f}"


def least() -> Iterator[Sequence[str]]:
    for n in (5, 6, 10, 16, 24, 40, 100, 400):
        shown = stats.least_shown(n)
        yield str(n), "none" if shown is None else f"{shown:.3f}"


def others(runs: int, rng: np.random.Generator) -> Iterator[Sequence[str]]:
    """The methods of other claims."""
    for name in ("three levels", "+0.05, in 5% -0.95", "+0.1, in 10% -0.9"):
        values = SHAPES[name](rng, (runs // 10, 200))
        highest = np.array([_highest(row) for row in values.tolist()])
        for alpha in (0.1, 0.025):
            yield f"e-process, ever in 200 looks: {name}", f"<= {alpha}", rate(highest >= math.log(1 / alpha), alpha)
    for n in (20, 100):
        for chance in (0.02, 0.1, 0.5):
            known = [stats.wilson_interval(k, n) for k in range(n + 1)]
            held = np.mean([known[k][0] <= chance <= known[k][1] for k in rng.binomial(n, chance, runs)])
            yield f"Wilson interval, rate {chance}, n = {n}", ">= 0.95 on average", f"{held:.3f}"
    for n in (50, 1000):
        for chance in (0.05, 0.3):
            a, b = rng.binomial(n, chance, (2, runs))
            known_p = {(x, y): stats.two_proportion_z_test(x, n, y, n).p for x, y in set(zip(a, b, strict=True))}
            wrong = np.array([known_p[x, y] <= 0.05 for x, y in zip(a, b, strict=True)])
            yield f"two proportions, rate {chance}, n = {n} and {n}", "<= 0.05", f"{wrong.mean():.3f}"


def _highest(values: Sequence[float]) -> float:
    process = stats.EProcess()
    for x in values:
        process.add(x)
    return process.highest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10_000)
    runs = parser.parse_args().runs
    sizes = " / ".join(map(str, SIZES))
    rng = np.random.default_rng
    shape = "differences of mean 0"
    table(
        f"`better` for no difference, nominal {SIDE}; n = {sizes}",
        (shape, "better", "interval holds, nominal 0.95"),
        fixed(runs, rng(1)),
    )
    rounds = f"up to {MOST_ROUNDS} rounds of {HELD_OUT}"
    table(f"The same, looking after each of {rounds}", (shape, "better", "worse"), sequential(runs, rng(2)))
    table(
        "Any claim of `strop eval` for no difference, nominal 0.05; 2 / 3 / 5 / 10 / 20 copies",
        ("copies", "instances", "claims"),
        copies(runs, rng(4)),
    )
    table("Interval of û, nominal 0.95; 5 / 10 / 20 / 50 copies", ("copies", "holds"), means(runs, rng(5)))
    headings = (
        "gain",
        "sd",
        "half found after",
        "80% found after",
        f"found within {MOST_ROUNDS * HELD_OUT}",
    )
    table(f"Instances that a gain takes, {rounds}", headings, power(runs, rng(7)))
    table("The least difference that so many observations can show", ("n", "difference"), least())
    table("Other methods", ("method", "nominal", "found"), others(runs, rng(8)))


if __name__ == "__main__":
    main()
