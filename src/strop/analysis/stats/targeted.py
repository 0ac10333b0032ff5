"""Evidence from a known number of observations at most, such as a gate's pairs: bets that aim at the goal by then.

As in `strop.analysis.stats.bounded`, a capital of 1 is bet on the observations lying above a hypothetical mean. If the mean is no
higher than that, the capital is a nonnegative supermartingale: by Ville's inequality it ever reaches 1/alpha with probability
alpha at most, whatever the shape of the observations and the rule of stopping. The bet is the larger of two: the one that brings
the capital to 1/alpha by the last observation, if observations vary as much as they have so far (Voráček and Orabona 2025,
"STaR-Bets", arXiv 2505.22422); and the one that their mean so far, shrunk, makes grow fastest (Kelly's; Waudby-Smith and Ramdas
2024, "aGRAPA"). It depends on earlier observations alone and never exceeds the capital.
docs/design/0011-selection.md has the alternatives, measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from strop.analysis.stats.means import checked_probability
from strop.base.later import np

_MOST = 0.99
"""The largest part of the capital that a bet may lose."""
_PRIOR_DEVIATION = 0.2
"""A deviation that counts as one earlier observation, in units of the largest possible loss."""
_PRIOR_TIES = 5
"""Imagined observations at the null, which shrink the mean."""
_OPTIMISM, _ROOM_OPTIMISM = 1.4, 1.28
"""Standard errors by which futility's guesses of the mean, and of the room to gain, lie above the observations. `bench/gate.py`
judges them on other shapes than those on which they were chosen."""
_LIKELY = 0.25
"""Counts as one more squared observation while futility knows little."""
_HALVINGS = 40


class TargetedEvidence:
    """Evidence against E[x] <= null at level `alpha`, from at most `horizon` observations; valid at any stopping time.

    Assumes only that each x is in [low, high] and that its expectation, given all that came before, is at most `null`
    under the hypothesis.
    """

    log_value: float
    """Natural logarithm of the capital; 0.0 before the first observation."""
    highest: float
    """The largest `log_value` so far."""

    def __init__(self, alpha: float, horizon: int, *, null: float = 0.0, low: float = -1.0, high: float = 1.0) -> None:
        """Raises ValueError unless alpha is in (0, 1) and low < null < high, all finite."""
        self._goal = math.log(1 / checked_probability(alpha))
        self._horizon = horizon
        if not (math.isfinite(low) and math.isfinite(high) and low < null < high):
            raise ValueError(f"a null of {null} does not lie inside the range {low} to {high}")
        self._null, self._loss, self._range, self._n = null, null - low, (low, high), 0
        self._total, self._squares = 0.0, _PRIOR_DEVIATION**2
        self.log_value = self.highest = 0.0

    @property
    def rejected(self) -> bool:
        """Whether the capital has ever reached 1/alpha."""
        return self.highest >= self._goal

    def add(self, x: float) -> None:
        """Take in one observation. Raises ValueError if it is outside [low, high]."""
        if not self._range[0] <= x <= self._range[1]:
            raise ValueError(f"{x} is outside {self._range[0]} to {self._range[1]}")
        moved, bet = (x - self._null) / self._loss, self._bet()
        self._n += 1
        self.log_value += float(
            np.log1p(bet * moved)
        )  # that of `math` differs from it in the last bit on some processors
        self.highest = max(self.highest, self.log_value)
        self._total += moved
        self._squares += moved * moved

    def _bet(self) -> float:
        """The part of the capital that the next observation loses at the low end of the range."""
        n = self._n
        variance, left = self._squares / (n + 1), max(self._horizon - n, 1)
        needed = math.sqrt(2 * max(self._goal - self.log_value, 0.0) / (left * variance))
        return min(max(needed, self._total / (n + _PRIOR_TIES) / variance), _MOST)

    def hopeless(self, *, most: float | None = None) -> bool:
        """Whether the remaining observations will hardly bring a rejection. To stop then (futility) costs power, but adds no
        error.

        The guess is optimistic: their mean lies 1.4 standard errors of prediction above that so far, and the best bet is made.
        `most`: a mean that the coming observations will hardly exceed, where that is known.
        """
        n, left = self._n, self._horizon - self._n
        if self.rejected or not n:
            return False
        if left < 1:
            return True
        variance = self._squares / (n + 1)
        reach = self._total / n + _OPTIMISM * math.sqrt((variance + _LIKELY / (n + 1)) * (1 / n + 1 / left))
        reach = max(reach if most is None else min(reach, most / self._loss), 0.0)
        growth = min(reach**2 / (2 * variance), float(np.log1p(_MOST * reach)))
        return self.log_value + left * growth < self._goal


def likely_most(values: Sequence[float], coming: int) -> float:
    """A mean that `coming` (at least 1) more values in [0, 1] will hardly exceed, after at least one value of their kind."""
    n = len(values)
    center = sum(values) / n
    spread = sum((value - center) ** 2 for value in values)
    variance = (1 / 4 + spread) / (n + 1)  # no values in [0, 1] vary more than by 1/4
    return min(center + _ROOM_OPTIMISM * math.sqrt(variance * (1 / n + 1 / coming)), 1.0)


def targeted_interval(values: Sequence[float], horizon: int, *, confidence: float) -> tuple[float, float]:
    """The interval (low, high) of the mean of differences in [-1, 1], of which there could be `horizon`.

    Valid at any stopping time: `TargetedEvidence` rejected the means outside, at level (1 - confidence) / 2 from either side. The
    interval leaves out 0 exactly if 0 was rejected.
    """
    alpha = (1 - checked_probability(confidence)) / 2
    low, high = _bound(values, horizon, alpha), -_bound([-value for value in values], horizon, alpha)
    # The two ends may cross in the rare case, at most 1 - confidence, in which the sequence fails. Then a point is left.
    return (low, high) if low <= high else ((low + high) / 2,) * 2


def _bound(values: Sequence[float], horizon: int, alpha: float) -> float:
    """The largest mean that is rejected from below; above 0 exactly if 0 is rejected."""
    rejected, accepted = (0.0, 1.0) if _rejects(values, 0.0, horizon, alpha) else (-1.0, 0.0)
    for _ in range(_HALVINGS):
        middle = (rejected + accepted) / 2
        if _rejects(values, middle, horizon, alpha):
            rejected = middle
        else:
            accepted = middle
    return rejected


def _rejects(values: Sequence[float], null: float, horizon: int, alpha: float) -> bool:
    evidence = TargetedEvidence(alpha, horizon, null=null)
    for value in values:
        evidence.add(value)
    return evidence.rejected
