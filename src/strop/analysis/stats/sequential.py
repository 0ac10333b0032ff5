"""Evidence and intervals that stay valid when one looks at every observation and stops at will.

Both are betting processes (Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by betting", JRSS B
86). One starts with a capital of 1 and bets a fraction of it on each observation lying above a hypothetical mean. If
the mean is no higher than that, the capital is a nonnegative supermartingale: by Ville's inequality it ever reaches 1/alpha
with probability alpha at most, whatever the shape of the observations and the rule of stopping.

Here the capital is split over three fixed bets, most of it on the boldest: differences of meta-utilities vary far less than
their range of [-1, 1] allows, and few of them can be paid for. docs/design/0083-intervals.md has the alternatives, measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from strop.analysis.stats.means import checked_probability

_FRACTIONS = np.array([0.2, 0.5, 0.97])
"""The bets: what part of its capital each loses by an observation at the low end of the range."""
_SHARES = np.array([0.1, 0.15, 0.75])
"""How the first capital of 1 is split over the bets. Chosen for 10 to 60 pairs of standard deviation 0.15 to 0.3."""
_OPTIMISM, _ROOM_OPTIMISM = 1.5, 1.28
"""Standard errors by which futility's guesses, of growth and of room to gain, lie above what was seen."""
_PRIOR_DEVIATION = 0.25
"""Standard deviation that futility expects while nothing is known, as a part of the range. `bench/gate.py` judges these three on
other shapes than those on which they were chosen."""
_log1p, _exp, _log, _dot = np.log1p, np.exp, np.log, np.dot
"""Those of `math` differ from them in the last bit on some processors."""
_ROUNDING = 1e-6
"""More than any rounding error of a logarithm of capital."""
_HALVINGS = 40
"""Steps of the bisection of a confidence bound: below one part in 10^12 of the range."""


class EProcess:
    """Evidence against E[x] <= null, valid at any stopping time.

    Assumes only that each x is in [low, high] and that its expectation, given all that came before, is at most `null`
    under the hypothesis. Independent observations of one mean are so.
    """

    highest: float
    """The largest `log_value` so far."""
    n: int
    """Number of observations."""

    def __init__(self, *, null: float = 0.0, low: float = -1.0, high: float = 1.0) -> None:
        """Raises ValueError unless low < null < high, all finite."""
        if not (math.isfinite(low) and math.isfinite(high) and low < null < high):
            raise ValueError(f"a null of {null} does not lie inside the range {low} to {high}")
        self._null, self._low, self._high = null, low, high
        self._bets = [fraction / (null - low) for fraction in _FRACTIONS.tolist()]
        self._logs = [0.0] * len(self._bets)
        self._squares = [0.0] * len(self._bets)
        self.highest = 0.0
        self.n = 0

    @property
    def log_value(self) -> float:
        """Natural logarithm of the capital; 0.0 before the first observation."""
        return _log_sum(self._logs) if self.n else 0.0

    def add(self, x: float) -> None:
        """Takes in one observation. Raises ValueError for one outside [low, high]."""
        moved = _within(x, self._low, self._high) - self._null
        for number, bet in enumerate(self._bets):
            step = float(_log1p(bet * moved))
            self._logs[number] += step
            self._squares[number] += step * step
        self.n += 1
        if max(self._logs) > self.highest - _ROUNDING:  # the whole grows no more than its best bet
            self.highest = max(self.highest, self.log_value)

    def rejected(self, alpha: float) -> bool:
        """Whether the capital has ever reached 1/alpha: the hypothesis is rejected at level alpha."""
        return self.highest >= math.log(1 / checked_probability(alpha))

    def hopeless(self, remaining: int, alpha: float) -> bool:
        """Whether `remaining` more observations will hardly bring a rejection: futility, which costs power and no error.

        The guess is optimistic: each bet goes on to grow as in `likely_growth`.
        """
        if self.rejected(alpha):
            return False
        if remaining < 1:
            return True
        if self.n == 0:
            return False
        grown = zip(self._logs, self.likely_growth(remaining), strict=True)
        return _log_sum([log + remaining * growth for log, growth in grown]) < math.log(1 / alpha)

    def likely_growth(self, coming: int, *, most: float | None = None) -> list[float]:
        """The growth of each bet's logarithm that `coming` (at least 1) more observations will hardly exceed on average.

        It is the upper end of what the past observations, at least one, make likely: 1.5 standard errors of prediction up, with a
        variance that is taken large while little is known. `most`: a mean that the coming observations will hardly exceed, if one
        is known. An observation at the null moves no bet: it is no evidence, and tells only that little happens.
        """
        highest = self._high if most is None else min(max(most, self._low), self._high)
        bets = zip(self._bets, self._logs, self._squares, strict=True)
        return [self._growth(bet, log, square, highest, coming) for bet, log, square in bets]

    def _growth(self, bet: float, log: float, square: float, highest: float, remaining: int) -> float:
        """A bet's mean growth in the coming observations, guessed optimistically: no more than each being `highest` gives."""
        center = log / self.n
        spread = max(square - self.n * center * center, 0.0)
        prior = bet * _PRIOR_DEVIATION * (self._high - self._low)
        variance = (prior * prior + spread) / (self.n + 1)
        growth = center + _OPTIMISM * math.sqrt(variance * (1 / self.n + 1 / remaining))
        return min(growth, float(_log1p(bet * (highest - self._null))))


def likely_most(values: Sequence[float], coming: int) -> float:
    """A mean that `coming` (at least 1) more values in [0, 1] will hardly exceed, after at least one value of their kind."""
    n = len(values)
    center = sum(values) / n
    spread = sum((value - center) ** 2 for value in values)
    variance = (1 / 4 + spread) / (n + 1)  # no values in [0, 1] vary more than by 1/4
    return min(center + _ROOM_OPTIMISM * math.sqrt(variance * (1 / n + 1 / coming)), 1.0)


def confidence_sequence(
    values: Sequence[float], *, confidence: float = 0.95, low: float = -1.0, high: float = 1.0
) -> tuple[float, float]:
    """A confidence interval for the mean that stays valid however often one looks; (low, high) for no values.

    With probability at least `confidence` the mean is in all the intervals that the first 1, 2, 3, … values give. The interval
    leaves out every mean that an `EProcess` from below or from above has rejected at (1 - confidence) / 2.

    Raises:
        ValueError: a value is outside [low, high], low >= high, or the confidence is not in (0, 1).
    """
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"invalid range: {low} to {high}")
    threshold = math.log(2 / (1 - checked_probability(confidence)))
    observed = np.array([_within(value, low, high) for value in values], dtype=np.float64)
    if not len(observed):
        return low, high
    lowest = bet_bound(observed, low, high, threshold, ever=True)
    highest = -bet_bound(-observed, -high, -low, threshold, ever=True)
    # The two may cross in the rare case, at most 1 - confidence, where the sequence fails; then all that is left is a point.
    return (lowest, highest) if lowest <= highest else ((lowest + highest) / 2,) * 2


def bet_bound(
    values: npt.NDArray[np.float64], low: float, high: float, threshold: float, *, ever: bool = False
) -> float:
    """The largest mean (within [low, high]) that is rejected from below: the capital against it reaches e^threshold.

    It is the capital after the last value, or that after any (`ever`). It falls as the mean rises.
    """
    rejected, kept = low, high
    for _ in range(_HALVINGS):
        middle = (rejected + kept) / 2
        if not rejected < middle < kept:
            break
        steps = np.log1p(np.outer(values - middle, _FRACTIONS / (middle - low)))
        logs = np.cumsum(steps, axis=0) if ever else steps.sum(axis=0)
        reached = float(_log_capital(logs).max()) >= threshold
        rejected, kept = (middle, kept) if reached else (rejected, middle)
    return rejected


def least_steps(gain: float, threshold: float, *, null: float = 0.0, low: float = -1.0) -> int:
    """How many observations that all lie `gain` (above 0) over `null` multiply the capital by e^threshold."""
    steps = np.log1p(_FRACTIONS * gain / (null - low))
    most = math.ceil(threshold / float(_SHARES @ steps))  # the logarithm of a mean is at least the mean of logarithms
    least = 1
    while least < most:
        middle = (least + most) // 2
        enough = float(_log_capital(middle * steps)) >= threshold
        least, most = (least, middle) if enough else (middle + 1, most)
    return least


def _log_capital(logs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The logarithm of the whole capital, from the logarithms by which each bet (last axis) has multiplied its share."""
    top = logs.max(axis=-1)
    return np.asarray(top + np.log(np.exp(logs - top[..., None]) @ _SHARES))


def _log_sum(logs: Sequence[float]) -> float:
    """`_log_capital` of one moment, to the same bit."""
    top = max(logs)
    return top + float(_log(_dot([_exp(log - top) for log in logs], _SHARES)))


def _within(x: float, low: float, high: float) -> float:
    if not low <= x <= high:
        raise ValueError(f"{x} is outside {low} to {high}")
    return x
