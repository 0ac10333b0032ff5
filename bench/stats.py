"""What an interval means, by simulation: how often a claim is false, how often an interval holds, how much a gain takes.

    python bench/stats.py                  # some ten minutes on a free core
    python bench/stats.py --runs 1000      # quick

Tables in Markdown, summed up in docs/explanation/statistics.md. `!` marks what misses its promise by more than chance (99.9%).
The seed is fixed: the same tables every time.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from strop.analysis import stats
from strop.analysis.stats import exchangeable
from strop.analysis.stats.exchangeable import _portion
from strop.runs.sizing import instances_needed

Values = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, ...]], Values]
SIDE = 0.025
"""Promised of `better` where there is no difference, and of `worse`."""
SIZES = (6, 10, 16, 40)


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


def missed(values: Values) -> Values:
    """1 for rows of differences whose interval lies above 0, -1 for below, else 0: what `score_difference` finds, at once."""
    n = values.shape[1]
    subsets = _portion(n, 0)
    weights, left_out = (subsets / subsets.sum(axis=1, keepdims=True)).T, math.floor(SIDE * (len(subsets) + 1) + 1e-9)
    found = np.zeros(len(values))
    for first in range(0, len(values), 500):
        means = np.round(values[first : first + 500] @ weights, 9)
        low, high = (np.partition(means, at, axis=1)[:, at] for at in (left_out - 1, len(subsets) - left_out))
        found[first : first + 500] = (low > 0).astype(float) - (high < 0)
    for row, one in zip(values[:20].tolist(), found, strict=False):  # the function that strop calls, on the first rows
        assert stats.decided(stats.score_difference(row, [0.0] * n)) == one
    return found


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
            found = missed(draw(rng, (runs, n)))
            new.append(rate(found > 0, SIDE))
            held.append(f"{1 - np.abs(found).mean():.3f}")
        yield name, " / ".join(new), " / ".join(held)


SKEWED: dict[str, tuple[float, Draw]] = {
    "exponential gains": (0.05, lambda rng, size: rng.exponential(0.05, size)),
    "a gain of 0.3 in 15%": (0.045, lambda rng, size: np.where(rng.random(size) < 0.15, 0.3, 0.0)),
    "lognormal losses, sigma 1.5": (0.0, SHAPES["lognormal losses, sigma 1.5"]),
    "normal, gain 0.05, sd 0.15": (0.05, lambda rng, size: rng.normal(0.05, 0.15, size)),
    "normal, gain 0.2, sd 0.3": (0.2, lambda rng, size: rng.normal(0.2, 0.3, size)),
    "normal, no gain, sd 0.15": (0.0, lambda rng, size: rng.normal(0.0, 0.15, size)),
}
TRAINED, TRIED, EVALUATED = 20, 6, 27
"""Instances of training, candidates of equal worth of which the best counts, and evaluations that training took."""


def one_stage(own: int) -> Callable[[np.random.Generator, Draw], Values]:
    """Instances as training asks for, `own` or more, as `strop improve` compares."""

    def differences(rng: np.random.Generator, draw: Draw) -> Values:
        best = max((draw(rng, (TRAINED,)) for _ in range(TRIED)), key=np.mean)
        return draw(rng, (max(instances_needed(best.tolist(), [0.0] * TRAINED, EVALUATED * TRAINED), own),))

    return differences


def two_stages(own: int) -> Callable[[np.random.Generator, Draw], Values]:
    """`own` instances, and rounds of as many as their spread asks for to show a gain of 0.02 (Stein 1945)."""

    def differences(rng: np.random.Generator, draw: Draw) -> Values:
        first, most = draw(rng, (own,)), min(25 * own, EVALUATED * TRAINED // 2)
        rounds = math.ceil(stats.pairs_needed(first.tolist(), 0.02, max(most, own)) / own)
        return np.concatenate([first, draw(rng, ((rounds - 1) * own,))])

    return differences


def stages(runs: int, rng: np.random.Generator) -> Iterator[Sequence[str]]:
    """How many instances, how often their interval holds the truth, and how often it shows a gain."""
    for name, (truth, draw) in SKEWED.items():
        for own in (6, 16, 50):
            row = []
            for way in (one_stage(own), two_stages(own)):
                groups: dict[int, list[Values]] = {}
                for _ in range(runs):
                    groups.setdefault(len(values := way(rng, draw)), []).append(values)
                rows = [np.array(each) for each in groups.values()]
                held = np.concatenate([missed(each - truth) == 0 for each in rows])
                better = np.concatenate([missed(each) > 0 for each in rows])
                sizes = [n for n, each in groups.items() for _ in each]
                row.append(f"{np.median(sizes):.0f}: {held.mean():.3f}, {better.mean():.3f}")
            yield name, str(own), *row


Copies = Callable[[np.random.Generator, int, int], Values]
"""(k copies, m instances) -> the mean scores of the copies."""


def steady(often: float, spread: float = 0.05) -> Copies:
    """A share of the copies fails, the others vary around 0.7."""

    def draw(rng: np.random.Generator, k: int, m: int) -> Values:
        work = np.clip(0.7 + spread * rng.normal(size=(k, m)), 0, 1).mean(axis=1)
        return np.where(rng.random(k) < often, 0.0, work)

    return draw


def lower(share: float) -> Copies:
    """No copy fails, but all score this much lower: the mean of what fails in this share."""
    return lambda rng, k, m: (1 - share) * steady(0)(rng, k, m)


def skewed(rng: np.random.Generator, k: int, m: int) -> Values:
    return np.asarray(np.clip(1 - 0.3 * rng.exponential(1, k), 0, 1))


NO_GAIN: dict[str, tuple[Copies, Copies]] = {
    "both vary by 0.05": (steady(0), steady(0)),
    "both fail in 10%": (steady(0.1), steady(0.1)),
    "both fail in 40%": (steady(0.4), steady(0.4)),
    "one fails in 10%, equal means": (steady(0.1), lower(0.1)),
    "both skewed": (skewed, skewed),
    "one varies ten times as much": (steady(0, 0.01), steady(0, 0.1)),
}
COPIES = (4, 6, 12, 20, 40)


def claims(sides: Iterable[tuple[Values, Values]]) -> Values:
    """1 where the first of two sides is shown to be better, -1 worse, else 0: what `group_difference` finds."""
    found = []
    for a, b in sides:
        moved, squares = exchangeable._Dealt(a, b, None).moments(0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.nan_to_num(moved / np.sqrt(squares), nan=0.0, posinf=np.inf, neginf=-np.inf)
        above, below = (float(np.mean(side >= side[0] * (1 - 1e-9) - 1e-9)) <= SIDE + 1e-9 for side in (t, -t))
        found.append(int(above) - int(below))
        if len(found) <= 5:  # the function that strop calls, on the first samples
            assert stats.decided(stats.group_difference([a.tolist()], [b.tolist()])) == found[-1]
    return np.array(found, dtype=float)


def copies(runs: int, rng: np.random.Generator) -> Iterator[Sequence[str]]:
    """û of copies on common instances: a against b, whose expectations on these instances are equal."""
    for name, draw in NO_GAIN.items():
        for m in (1, 20):
            sides = {k: [(draw[0](rng, k, m), draw[1](rng, k, m)) for _ in range(runs)] for k in COPIES}
            row = [rate(np.abs(claims(sides[k])), 2 * SIDE) for k in COPIES]
            yield name, str(m), " / ".join(row)


def power(runs: int, rng: np.random.Generator) -> Iterator[Sequence[str]]:
    """How often copies of two improvers show a gain: permutations, beside Welch's t and bets on arbitrary pairs."""
    for gain, sd in ((0.05, 0.05), (0.1, 0.15), (0.2, 0.19), (0.29, 0.19)):
        row = []
        for k in COPIES[1:]:
            drawn = np.clip(rng.normal([[0.35 + gain], [0.35]], sd, (runs, 2, k)), 0, 1)
            pairs = [(a, b) for a, b in drawn]
            ours = np.mean(claims(pairs) > 0)
            t = np.mean([welch(a, b) for a, b in pairs])
            bets = np.mean(
                [(stats.score_estimate(((1 + a - b) / 2).tolist()).interval or (0, 1))[0] > 0.5 for a, b in pairs]
            )
            row.append(f"{ours:.2f} ({t:.2f}, {bets:.2f})")
        yield f"+{gain}", f"{sd}", *row


STUDENT = {6: 2.228, 12: 2.074, 20: 2.024, 40: 1.991}
"""Copies of each -> the 0.975 quantile of Student's t with 2k - 2 degrees of freedom."""


def welch(a: Values, b: Values) -> bool:
    return bool(a.mean() - b.mean() > STUDENT[len(a)] * math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / len(a)))


def means(runs: int, rng: np.random.Generator) -> Iterator[Sequence[str]]:
    """Coverage of û itself, in [0, 1]."""
    for name, draw, truth in (
        ("bimodal: 0.2 or 0.9", lambda size: rng.choice([0.2, 0.9], size), 0.55),
        ("0.8, in 10% 0", lambda size: np.where(rng.random(size) < 0.1, 0.0, 0.8), 0.72),
        ("beta(0.5, 4.5)", lambda size: rng.beta(0.5, 4.5, size), 0.1),
    ):
        row = []
        for n in (5, 10, 20, 50):
            ends = [stats.score_estimate(draw(n).tolist()).interval or (0.0, 1.0) for _ in range(runs)]
            row.append(f"{np.mean([low <= truth <= high for low, high in ends]):.3f}")
        yield name, " / ".join(row)


def others(runs: int, rng: np.random.Generator) -> Iterator[Sequence[str]]:
    """The methods of rates."""
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
    for spread in (0.0, 1.0, 2.0):
        wrong = np.array([ratio_is_missed(rng, spread) for _ in range(max(runs // 5, 100))])
        yield f"ratio of totals of 6 pairs, log-normal sizes, sigma {spread:g}", "<= 0.05", f"{wrong.mean():.3f}"


def ratio_is_missed(rng: np.random.Generator, spread: float) -> bool:
    """Whether the interval of the ratio of two totals of equal expectation leaves out 1."""
    sizes = np.exp(rng.normal(0, spread, 6))
    after, before = sizes * np.exp(rng.normal(0, 0.02, (2, 6)))
    low, high = stats.log_ratio_of_totals(after.tolist(), before.tolist()).interval or (0.0, 0.0)
    return not low <= 0 <= high


TASKS = (10, 16, 24, 40)
ARMS: dict[str, Callable[[np.random.Generator, tuple[int, ...]], Values]] = {
    "normal, sd 0.15": lambda rng, size: rng.normal(0.5, 0.15, size),
    "skewed: fails in 20%": lambda rng, size: np.where(rng.random(size) < 0.2, 0.0, rng.normal(0.7, 0.1, size)),
    "steps of 0.25, many ties": lambda rng, size: np.round(4 * rng.normal(0.5, 0.2, size)) / 4,
}
"""Scores of an improver on a task, which both of two arms draw; tasks differ in level, too."""


def over_tasks(runs: int, rng: np.random.Generator) -> Iterator[Sequence[str]]:
    for name, arm in ARMS.items():
        for gain in (0.0, 0.05, 0.1, 0.2):
            shares, ties = [], 0.0
            for n in TASKS:
                level = rng.normal(0, 0.2, (runs, n))
                one, other = np.round(arm(rng, (runs, n)) + level, 2), np.round(arm(rng, (runs, n)) + level, 2)
                if gain:  # one arm gains it on two of three tasks
                    one = one + gain * (rng.random((runs, n)) < 2 / 3)
                change = np.round(one - other, 9)
                ties = float(np.mean(change == 0))
                hits = np.array([stats.sign_test((row > 0).sum(), (row < 0).sum()) < 0.05 for row in change])
                shares.append(f"{hits.mean():.3f}")
            yield name, f"{gain:.2f}", f"{ties:.2f}", " / ".join(shares)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10_000)
    runs = parser.parse_args().runs
    few, sizes, counts = max(runs // 10, 100), " / ".join(map(str, SIZES)), " / ".join(map(str, COPIES))
    rng = np.random.default_rng
    headings: Sequence[str] = ("differences of mean 0", "better", "interval holds, nominal 0.95")
    table(f"Pairs: `better` for no difference, nominal {SIDE}; n = {sizes}", headings, fixed(runs, rng(1)))
    headings = ("differences", "test_instances", "one stage", "two stages")
    table("`strop improve`: instances: interval holds, better", headings, stages(few, rng(2)))
    headings = ("copies", "instances", "claims")
    table(f"Copies: any claim for no difference, nominal 0.05; {counts} copies of each", headings, copies(few, rng(4)))
    headings = ("gain", "deviation of a copy", *(f"{k} copies" for k in COPIES[1:]))
    table("Copies: `better` (Welch's t, bets on pairs)", headings, power(few, rng(7)))
    headings = ("scores of both arms", "gain on two of three tasks", "ties", "claims")
    tasks = " / ".join(map(str, TASKS))
    table(f"Tasks as the unit: any claim, nominal 0.05; {tasks} tasks", headings, over_tasks(few, rng(9)))
    table("Interval of û, nominal 0.95; 5 / 10 / 20 / 50 copies", ("copies", "holds"), means(few, rng(5)))
    table("Other methods", ("method", "nominal", "found"), others(runs, rng(8)))


if __name__ == "__main__":
    main()
