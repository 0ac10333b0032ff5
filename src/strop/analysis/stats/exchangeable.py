"""Differences of a number of observations that was fixed beforehand: tests of exchangeable values, inverted into intervals.

*Pairs*, such as two programs on one instance, or two improvers that share responses. If neither is better, the two of a pair
could have been swapped. The means of the differences in all subsets of the pairs, sorted, cut the line into pieces that hold the
truth equally often (Hartigan 1969, "Using subsample values as typical values", JASA 64): an interval between two of them is the
sign-flip test, inverted. The ratios of the totals in all subsets do the same for the ratio, as the sign flips of a - r b.

*Groups*, such as copies of two improvers on common tasks. If neither is better, the copies of a task could have been dealt the
other way. The statistic is studentised, so that the groups may differ in spread (Janssen 1997; Chung and Romano 2013).

No range and no shape is assumed. Nothing here sees a loss that no observation shows: docs/explanation/statistics.md has the
figures, and docs/design/0083-intervals.md the alternatives.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import combinations
from statistics import NormalDist
from typing import TYPE_CHECKING, TypeAlias

from strop.analysis.stats.means import Estimate, checked_probability, differences, estimate, stderr, stratified
from strop.base.later import np

if TYPE_CHECKING:
    import numpy.typing as npt

    Values: TypeAlias = npt.NDArray[np.float64]
    Statistic: TypeAlias = Callable[[Callable[[Values], Values]], Values]

CONFIDENCE = 0.95
"""Confidence of an interval by default: 0.025 on either side."""

_MOST_LISTED, _DRAWN = 10_000, 9_999
"""The most subsets, or deals, of which all are taken; and how many are drawn where there are more."""
MOST_SUBSETS, _BEYOND = 100 * _DRAWN, 20
"""How many subsets are drawn at most; and how many statistics should lie beyond each end of an interval."""
_DIGITS = 9
"""Decimals of an end of an interval: the last bits of a sum differ between processors."""
_POWER = 0.84
"""Standard errors that a difference must lie beyond what an interval just leaves out, so that 80% of intervals leave out 0."""
_HALVINGS, _FAR, _EQUAL = 40, 10.0, 1e-9
"""Steps of the search for an end; how far away it begins, in ranges of the values; and the largest difference by rounding."""


def score_difference(
    a: Sequence[float], b: Sequence[float], *, confidence: float = CONFIDENCE, inputs: Sequence[int] = ()
) -> Estimate:
    """The mean of a[i] - b[i] over pairs, with its interval; none where there are too few pairs for any (`least_pairs`).

    `inputs`: the number of each pair's input, where some are equal. Pairs of one input are swapped together, because only
    different inputs are independent, and `n` counts different inputs.

    Raises:
        ValueError: `a` and `b` differ in length or are empty, or the confidence is not in (0, 1).
    """
    changes = differences(a, b)
    sample, sizes = estimate(changes), np.array(totals_by_input([1.0] * len(changes), inputs))
    totals = np.array(totals_by_input(changes, inputs))
    interval = between_subsets(len(sizes), confidence, lambda sums: sums(totals) / sums(sizes))
    return Estimate(sample.mean, sample.stderr, len(sizes), interval)


def totals_by_input(values: Sequence[float], inputs: Sequence[int]) -> Sequence[float]:
    """The sum of the values of each different input, in the order of their numbers; the values themselves without numbers."""
    if not inputs:
        return values
    totals = dict.fromkeys(sorted({*inputs}), 0.0)
    for number, value in zip(inputs, values, strict=True):
        totals[number] += value
    return [*totals.values()]


def group_difference(
    a: Sequence[Sequence[float]], b: Sequence[Sequence[float]], *, confidence: float = CONFIDENCE
) -> Estimate:
    """The mean over the tasks i of mean(a[i]) - mean(b[i]), of independent scores in [0, 1], with its interval in [-1, 1]; none
    where there are too few copies for any (`least_copies`). `n` counts the copies of the larger side.

    Raises:
        ValueError: `a` and `b` differ in length, a group is empty, or the confidence is not in (0, 1).
    """
    first, second = stratified(a), stratified(b)
    errors = None if None in (first.stderr, second.stderr) else math.hypot(first.stderr or 0.0, second.stderr or 0.0)
    change = first.mean - second.mean
    low = _group_end(a, b, change, confidence)
    high = _group_end(b, a, -change, confidence)
    interval = None if low is None or high is None else (low, -high + 0.0)
    return Estimate(change, errors, max(first.n, second.n), interval)


def log_ratio_of_totals(after: Sequence[float], before: Sequence[float], *, confidence: float = CONFIDENCE) -> Estimate:
    """The log of total after / total before over pairs, with its interval; none where there are too few pairs for any.

    Raises:
        ValueError: the values have no ratio, or differ in length.
    """
    n = len(after)
    if len(before) != n:
        raise ValueError("the values after and before differ in length")
    if not has_ratio(after, before):
        raise ValueError("totals that are not positive have no ratio")

    def ratios(sums: Callable[[Values], Values]) -> Values:
        with np.errstate(divide="ignore", invalid="ignore"):  # a subset without any cost says nothing: nan
            return np.asarray(np.log(sums(np.array(after)) / sums(np.array(before))))

    log_ratio = math.log(math.fsum(after)) - math.log(math.fsum(before))
    return Estimate(log_ratio, None, n, between_subsets(n, confidence, ratios))


def has_ratio(after: Sequence[float], before: Sequence[float]) -> bool:
    """Whether totals have a ratio, whichever pair is left out: no value is negative, and no total rests on a single value."""
    if min(*after, *before) < 0:
        return False
    return all(math.fsum(values) - (max(values) if len(values) > 1 else 0) > 0 for values in (after, before))


def sign_test(wins: int, losses: int) -> float:
    """How often chance alone would divide as many pairs at least as unequally: the exact two-sided p-value, in (0, 1]. Ties are
    left out: they favour neither (Dixon and Mood 1946, "The statistical sign test", JASA 41).

    Raises:
        ValueError: a count is negative.
    """
    if min(wins, losses) < 0:
        raise ValueError(f"invalid counts: {wins} wins and {losses} losses")
    n = wins + losses
    as_unequal = sum(math.comb(n, k) for k in range(min(wins, losses) + 1))
    return min(2 * as_unequal / (1 << n), 1.0)


def decided(difference: Estimate) -> int:
    """1 if the interval lies above 0, -1 if it lies below, else 0: nothing is shown."""
    if difference.interval is None:
        return 0
    low, high = difference.interval
    return int(low > 0) - int(high < 0)


def least_pairs(confidence: float = CONFIDENCE) -> int:
    """The fewest pairs that have an interval: 6 at 95%. Of fewer tasks without a tie, a sign test
    cannot show anything either."""
    return math.ceil(math.log2(2 / (1 - checked_probability(confidence))) - _EQUAL)


def confidence_of(comparison: int, family: int = 1) -> float:
    """The confidence of the interval of the `comparison`th final comparison of a run, from 1: 95%, 97.5%, 98.75% and so on; in
    a `family` of several runs, such as the targets of a pull request, each has its share of the error.

    Each comparison may err half as often as the one before it. So all together wrongly call a program better in at most 5% of
    runs, or of families.
    """
    return 1 - (1 - CONFIDENCE) / family / 2.0 ** (comparison - 1)


def least_copies(confidence: float = CONFIDENCE) -> int:
    """The fewest copies of each of two improvers, on one task, that have an interval: 4 at 95%."""
    least, side = 1, (1 - checked_probability(confidence)) / 2
    while 1 / math.comb(2 * least, least) > side + _EQUAL:
        least += 1
    return least


def pairs_needed(first: Sequence[float], worth: float, most: int, *, confidence: float = CONFIDENCE) -> int:
    """How many pairs, up to `most`, show a mean difference of `worth` in four of five cases, if differences vary as the `first`
    ones do. Only their spread counts, never their mean, so that no estimate is chosen by what it shows (Stein 1945, "A two-sample
    test for a linear hypothesis whose power is independent of the variance")."""
    error = stderr(first) or 0.0
    left_out = round(NormalDist().inv_cdf((1 + confidence) / 2), 2)  # 1.96 at 95%
    needed = math.ceil((left_out + _POWER) ** 2 * error**2 * len(first) / worth**2)
    return min(max(needed, least_pairs(confidence), len(first)), most)


def between_subsets(
    n: int, confidence: float, statistic: Statistic, high_statistic: Statistic | None = None
) -> tuple[float, float] | None:
    """The interval between two of the statistics of all subsets of n pairs; None if there are too few subsets.

    Args:
        n: number of pairs.
        confidence: of the interval, in (0, 1).
        statistic: gets a function that sums values over each subset, and returns a value of each subset; nan says nothing.
        high_statistic: the statistic of the high end, if it is another one.
    """
    side = (1 - checked_probability(confidence)) / 2
    if n < least_pairs(confidence):
        return None

    def of_all(statistic: Statistic) -> Values:
        return np.concatenate([statistic(partial(np.matmul, subsets)) for subsets in _subsets(n, _BEYOND / side)])

    lows = of_all(statistic)
    highs = lows if high_statistic is None else of_all(high_statistic)
    left_out = math.floor(side * (len(lows) + 1) + _EQUAL)
    if not left_out:
        return None
    lows, highs = np.nan_to_num(lows, nan=-np.inf), np.nan_to_num(highs, nan=np.inf)
    low = float(np.partition(lows, left_out - 1)[left_out - 1])
    high = float(np.partition(highs, len(highs) - left_out)[len(highs) - left_out])
    return round(low, _DIGITS) + 0.0, round(high, _DIGITS) + 0.0  # never -0.0


def _subsets(n: int, enough: float) -> Iterator[Values]:
    """Subsets of n pairs in portions, as rows of 0 and 1: all but the empty one, or a sample in which `enough` are drawn."""
    portions = 1 if 2**n <= _MOST_LISTED else math.ceil(min(enough, MOST_SUBSETS) / _DRAWN - _EQUAL)
    return (_portion(n, number) for number in range(portions))


@lru_cache(maxsize=8)
def _portion(n: int, number: int) -> Values:
    if 2**n <= _MOST_LISTED:
        return np.asarray((np.arange(1, 2**n)[:, None] >> np.arange(n)) & 1, dtype=np.float64)
    # RandomState is frozen: the same subsets with every version of numpy.
    drawn = np.random.RandomState(number).randint(0, 2, (_DRAWN, n)).astype(np.float64)
    return np.asarray(drawn[drawn.any(axis=1)])


def _group_end(
    a: Sequence[Sequence[float]], b: Sequence[Sequence[float]], change: float, confidence: float
) -> float | None:
    """The low end of the interval: the largest shift of `a` that is rejected from below; None if no shift is."""
    side = (1 - checked_probability(confidence)) / 2
    sides = [(np.array(first), np.array(second)) for first, second in zip(a, b, strict=True)]
    tasks = [_Dealt(first, second, number if len(sides) > 1 else None) for number, (first, second) in enumerate(sides)]

    def rejects(shift: float) -> bool:
        moved, squares = (np.sum(parts, axis=0) for parts in zip(*(task.moments(shift) for task in tasks), strict=True))
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.nan_to_num(moved / np.sqrt(squares), nan=0.0, posinf=np.inf, neginf=-np.inf)
        return float(np.mean(values >= values[0] * (1 - _EQUAL) - _EQUAL)) <= side + _EQUAL

    span = max(float(np.ptp(np.concatenate(pair))) for pair in sides)
    rejected, accepted = change - _FAR * max(span, _EQUAL), change
    if not rejects(rejected):
        return None
    for _ in range(_HALVINGS):
        middle = (rejected + accepted) / 2
        rejected, accepted = (middle, accepted) if rejects(middle) else (rejected, middle)
    return round(max(rejected, -1.0), _DIGITS) + 0.0  # a difference of scores, never -0.0


class _Dealt:
    """The copies of one task, dealt to two groups in all ways, or in a drawn sample of them; the first is the observed deal.
    `number`: the task's number if there are several, each of which is dealt by itself; else None."""

    def __init__(self, a: Values, b: Values, number: int | None) -> None:
        self._sizes = len(a), len(b)
        deals = _deals(*self._sizes)
        drawn: Iterable[int] = [] if number is None else np.random.RandomState(number).randint(0, len(deals), _DRAWN)
        self._deals = deals if number is None else deals[[0, *drawn]]
        self._pooled = np.concatenate([a, b])
        self._is_a = np.concatenate([np.ones(len(a)), np.zeros(len(b))])

    def moments(self, shift: float) -> tuple[Values, Values]:
        """(difference of the means, its squared standard error) of each deal, once the first group is moved down by `shift`."""
        values, deals, (n, m) = self._pooled - shift * self._is_a, self._deals, self._sizes
        values = values - values.mean()
        first, a_squares = deals @ values, deals @ values**2
        second, b_squares = values.sum() - first, (values**2).sum() - a_squares
        spread = (a_squares - first**2 / n) / max(n - 1, 1) / n + (b_squares - second**2 / m) / max(m - 1, 1) / m
        least = _EQUAL**2 * float((values**2).sum())  # rounding is no spread
        return first / n - second / m, np.where(spread > least, spread, 0.0)


@lru_cache(maxsize=8)
def _deals(n: int, m: int) -> Values:
    """Ways to deal n + m copies to groups of n and m: rows with 1 for the first group. The first row is the observed deal."""
    if math.comb(n + m, n) <= _MOST_LISTED:
        deals = np.zeros((math.comb(n + m, n), n + m))
        for row, chosen in enumerate(combinations(range(n + m), n)):
            deals[row, list(chosen)] = 1.0
        return deals
    drawn = np.random.RandomState(0).rand(_DRAWN, n + m).argsort(axis=1) < n
    return np.concatenate([[[1.0] * n + [0.0] * m], drawn])
