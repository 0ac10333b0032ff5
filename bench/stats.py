"""Every method of strop.analysis.stats by simulation: how often an interval holds the truth, how often a test errs.

    python bench/stats.py                  # some two minutes on a free core
    python bench/stats.py --runs 300       # quick

One table: method, setting, what is nominal, what was observed with its 95% Wilson interval. `!` marks what misses its
promise by more than chance (99.9%): an interval that covers too rarely, a test that errs too often. Samples are drawn like the
meta-utilities of lpn (two modes in [0.5, 1]), from a skewed distribution and from a normal one. The seed is fixed: the same
table every time.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import numpy.typing as npt

from strop.analysis import stats

Values = npt.NDArray[np.float64]
Table = list[list[float]]
Interval = tuple[float, float] | None
Draw = Callable[[np.random.Generator, int], Values]
LEVEL = 0.05
"""Of every test; intervals are at 95%."""


def bimodal(rng: np.random.Generator, n: int) -> Values:
    """Like û of one copy on lpn: stuck near 0.56, or solved near 0.9. Mean 0.73, standard deviation 0.175."""
    stuck, solved = 0.5 + 0.12 * rng.beta(2, 2, n), 0.8 + 0.2 * rng.beta(2, 2, n)
    return np.where(rng.random(n) < 0.5, stuck, solved)


@dataclass(frozen=True)
class Shape:
    """A distribution of single values with its mean."""

    name: str
    draw: Draw
    mean: float

    def sample(self, rng: np.random.Generator, n: int) -> list[float]:
        values: list[float] = self.draw(rng, n).tolist()
        return values

    def pairs(self, rng: np.random.Generator, n: int) -> list[float]:
        """Differences of independent halves: symmetric about 0."""
        return stats.differences(self.sample(rng, n), self.sample(rng, n))


SHAPES = (
    Shape("normal", lambda rng, n: rng.normal(0.0, 1.0, n), 0.0),
    Shape("bimodal", bimodal, 0.73),
    Shape("skewed", lambda rng, n: rng.beta(0.5, 4.5, n), 0.1),
)
NULLS = (
    Shape("pairs of bimodal", lambda rng, n: bimodal(rng, n) - bimodal(rng, n), 0.0),
    Shape("coin of -1 and 1", lambda rng, n: rng.choice([-1.0, 1.0], n), 0.0),
    Shape("often +0.1, rarely -0.9", lambda rng, n: np.where(rng.random(n) < 0.9, 0.1, -0.9), 0.0),
    Shape("often -0.1, rarely +0.9", lambda rng, n: np.where(rng.random(n) < 0.9, -0.1, 0.9), 0.0),
)
LOOKS = 200


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    method: str
    setting: str
    nominal: float
    hits: float
    """Runs in which the interval held, or the test erred."""
    runs: int
    at_least: bool
    """Whether the nominal value is promised as a least (coverage) or as a most (errors)."""

    def __str__(self) -> str:
        low, high = stats.wilson_interval(round(self.hits), self.runs)
        least, most = stats.wilson_interval(round(self.hits), self.runs, confidence=0.999)
        off = most < self.nominal if self.at_least else least > self.nominal
        return (
            f"{self.method:20} {self.setting:43} {'>=' if self.at_least else '<='} {self.nominal:<5.3g} "
            f"{self.hits / self.runs:5.3f}  {low:.3f} to {high:.3f}  {self.runs:5} {'!' if off else ''}"
        ).rstrip()


def coverage(method: str, setting: str, runs: int, truth: float, interval: Callable[[], Interval]) -> Row:
    return Row(method, setting, 0.95, sum(inside(truth, interval()) for _ in range(runs)), runs, True)


def errors(method: str, setting: str, runs: int, p_value: Callable[[], float]) -> Row:
    return Row(method, setting, LEVEL, sum(p_value() <= LEVEL for _ in range(runs)), runs, False)


def inside(truth: float, interval: Interval) -> bool:
    return interval is not None and interval[0] <= truth <= interval[1]


def means(runs: int, rng: np.random.Generator) -> Iterator[Row]:
    """Intervals of one mean."""
    methods: dict[str, Callable[[list[float]], Interval]] = {
        "t interval": lambda values: stats.t_estimate(values).interval,
        "percentile bootstrap": lambda values: stats.bootstrap_interval(values, resamples=1000, rng=rng),
        "BCa bootstrap": lambda values: stats.bca_interval(values, resamples=1000, rng=rng),
    }

    def one(interval: Callable[[list[float]], Interval], shape: Shape, n: int) -> Interval:
        return interval(shape.sample(rng, n))

    for name, interval in methods.items():
        for shape in SHAPES:
            for n in (5, 10, 20, 50):
                yield coverage(name, f"{shape.name}, n = {n}", runs, shape.mean, partial(one, interval, shape, n))


def tests(runs: int, rng: np.random.Generator) -> Iterator[Row]:
    """Tests of a difference where there is none."""

    def flips(values: Callable[[], list[float]]) -> float:
        return stats.sign_flip_test(values(), resamples=1000, rng=rng)

    def t_test(values: Callable[[], list[float]]) -> float:
        return stats.t_test(values())

    def shifted(shape: Shape, n: int) -> list[float]:
        return [value - shape.mean for value in shape.sample(rng, n)]

    def welch(shape: Shape, a: int, b: int) -> float:
        return stats.welch_test(shifted(shape, a), [value / 2 for value in shifted(shape, b)])

    for shape in SHAPES:
        for n in (5, 10, 20):
            for name, test in (("paired t test", t_test), ("sign-flip test", flips)):
                yield errors(name, f"pairs of {shape.name}, n = {n}", runs, partial(test, partial(shape.pairs, rng, n)))
    for n in (10, 20):
        setting = f"not its null: skewed of mean 0, n = {n}"
        yield errors("sign-flip test", setting, runs, partial(flips, partial(shifted, SHAPES[2], n)))
    for a, b in ((5, 5), (5, 20)):
        for shape in SHAPES:
            setting = f"{shape.name}, {a} and {b} of half the spread"
            yield errors("Welch test", setting, runs, partial(welch, shape, a, b))


def two_way(runs: int, rng: np.random.Generator) -> Iterator[Row]:
    """Copies crossed with instances: the truth is a difference of 0 over new copies and new instances."""

    def tables(size: tuple[int, int], by_copy: float, by_instance: float, rest: float) -> tuple[Table, Table]:
        copies, instances = size
        effects = by_copy / 0.175 * (bimodal(rng, 2 * copies) - 0.73)
        both = effects[:, None] + rest * rng.normal(size=(2 * copies, instances))
        both[:copies] += by_instance * rng.normal(size=instances)  # how differently both take an instance
        return both[:copies].tolist(), both[copies:].tolist()

    methods: dict[str, Callable[[Table, Table], Interval]] = {
        "crossed, unpaired": lambda a, b: stats.crossed_t_difference(a, b).estimate.interval,
        "crossed, paired": lambda a, b: stats.crossed_t_difference(a, b, paired=True).estimate.interval,
        "pigeonhole bootstrap": lambda a, b: stats.pigeonhole_interval(a, b, resamples=500, rng=rng),
    }

    def one(interval: Callable[[Table, Table], Interval], *of: object) -> Interval:
        return interval(*tables(*of))  # type: ignore[arg-type]

    for name, interval in methods.items():
        for size in ((5, 20), (20, 50)):
            for what, *spreads in (
                ("copies vary", 0.17, 0.0, 0.1),
                ("both vary", 0.17, 0.1, 0.1),
                ("instances vary", 0.0, 0.2, 0.1),
                ("neither varies", 0.0, 0.0, 0.2),
            ):
                yield coverage(
                    name, f"{size[0]} x {size[1]}, {what}", runs, 0.0, partial(one, interval, size, *spreads)
                )


def rates(runs: int, rng: np.random.Generator) -> Iterator[Row]:
    """Wilson's interval and the two-proportion test. Discrete: the level is met on average over rates, not at each."""
    wilson = lru_cache(maxsize=None)(stats.wilson_interval)
    z_test = lru_cache(maxsize=None)(stats.two_proportion_z_test)

    def interval(rate: float, n: int) -> Interval:
        return wilson(int(rng.binomial(n, rate)), n)

    def p_value(rate: float, n: int) -> float:
        return z_test(int(rng.binomial(n, rate)), n, int(rng.binomial(n, rate)), n).p

    for n in (20, 100):
        for rate in (0.02, 0.1, 0.5):
            yield coverage("Wilson interval", f"rate {rate}, n = {n}", 10 * runs, rate, partial(interval, rate, n))
    for n in (50, 1000):
        for rate in (0.05, 0.3):
            yield errors("two-proportion z", f"rate {rate}, n = {n} and {n}", 10 * runs, partial(p_value, rate, n))


def sequential(runs: int, rng: np.random.Generator) -> Iterator[Row]:
    """Looking after each of 200 observations, and stopping at the first that would reject."""

    def interval(shape: Shape, low: float) -> Interval:
        return stats.confidence_sequence(shape.sample(rng, LOOKS), low=low, high=1.0)

    for shape in NULLS:
        highest = [_highest(shape.sample(rng, LOOKS)) for _ in range(runs)]
        for alpha in (0.1, 0.05, 0.025):
            wrong = sum(value >= np.log(1 / alpha) for value in highest)
            yield Row("e-process", f"{shape.name}, any of {LOOKS} looks", alpha, wrong, runs, False)
    for shape in (*NULLS, *SHAPES[1:]):
        low = -1.0 if shape in NULLS else 0.0
        setting = f"{shape.name}, all of {LOOKS} looks"
        yield coverage("confidence sequence", setting, runs, shape.mean, partial(interval, shape, low))

    def looked_at() -> float:
        values = SHAPES[1].pairs(rng, 20)
        return min(stats.t_test(values[:n]) for n in range(5, 21))

    yield errors("t test, peeking", "not valid: pairs of bimodal, 5 to 20", runs, looked_at)


def _highest(values: Sequence[float]) -> float:
    process = stats.EProcess()
    for x in values:
        process.add(x)
    return process.highest


def multiplicity(runs: int, rng: np.random.Generator) -> Iterator[Row]:
    """Ten improvers against one baseline, some of them truly better."""

    def p_values(better: int, n: int) -> list[float]:
        baseline = rng.normal(size=n).tolist()
        shifts = [1.5] * better + [0.0] * (10 - better)
        return [stats.welch_test((rng.normal(size=n) + shift).tolist(), baseline) for shift in shifts]

    def smallest_false(better: int, n: int) -> float:
        return min(stats.holm(p_values(better, n))[better:])

    def false_share(better: int, n: int) -> float:
        rejected = [i for i, p in enumerate(stats.benjamini_hochberg(p_values(better, n))) if p <= LEVEL]
        return sum(index >= better for index in rejected) / max(1, len(rejected))

    for better in (0, 5):
        for n in (5, 20):
            setting = f"10 with one, {better} better, n = {n}"
            yield errors("Holm, any false", setting, runs, partial(smallest_false, better, n))
            # A mean share and no rate: the interval of a rate is wider than its own.
            shares = sum(false_share(better, n) for _ in range(runs))
            yield Row("BH, share false", setting, LEVEL, shares, runs, False)


def bounds(runs: int, rng: np.random.Generator) -> Iterator[Row]:
    """All of many improvers within epsilon at once, each task a coin: the widest spread there is."""

    def row(method: str, setting: str, n: int, count: int, epsilon: float) -> Row:
        off = np.abs(rng.binomial(n, 0.5, (runs, count)) / n - 0.5).max(axis=1)
        return Row(method, f"{setting}, n = {n}", 0.95, int((off < epsilon).sum()), runs, True)

    for n in (5, 50):
        for count in (4, 30):
            yield row("finite class", f"{count} improvers", n, count, stats.finite_class(n, count))
        yield row("Lemma 1", "all 15 strings of <= 3 bits", n, 15, stats.lemma_1(n, 3, alphabet=2))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000)
    runs = parser.parse_args().runs
    print(f"{'method':20} {'setting':43} {'nominal':8} {'found':5}  {'95% (Wilson)':14}  {'runs':>5}")
    for number, part in enumerate((means, tests, two_way, rates, sequential, multiplicity, bounds)):
        for row in part(runs, np.random.default_rng([4, number])):
            print(row, flush=True)


if __name__ == "__main__":
    main()
