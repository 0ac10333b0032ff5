"""How far û may lie from the expected utility on new tasks: the paper's Appendix A.2, as numbers.

ū(I) is the expectation, over a task drawn from a distribution, of what the improver I reaches on it; û(I) is its mean over n
tasks drawn independently from that distribution. Utilities are in [0, 1].
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from strop.analysis.stats.checks import checked_probability

BYTES = 256
"""Symbols of the alphabet where a program's length is counted in bytes."""


def lemma_1(n: int, length: int, *, delta: float = 0.05, alphabet: int = BYTES) -> float:
    """Lemma 1: epsilon such that, with probability 1 - delta, |û(I) - ū(I)| < epsilon for every program I of at most `length`.

        epsilon = sqrt((length * ln(alphabet) + ln(1 / delta)) / n)

    n is |D|, `length` counts symbols of an alphabet of that size. At 1 and above it says nothing: utilities differ by 1 at most.

    Conditions: the n tasks are independent draws from one distribution; utilities are in [0, 1]; length and alphabet are
    at least 2. It holds for all programs together, so also for those that were chosen by û on the same tasks. Where D is n
    copies of one task, the distribution has that one task in it, and all that is random is the model and the guests.

    The printed proof has slips, which the result survives. Its middle step should read 2 exp(-2 epsilon^2 n) =
    2 delta^2 / |Sigma|^(2l) <= delta / |Sigma|^(l+1): the fractions are printed upside down, as 2 |Sigma|^(2l) / delta and
    |Sigma|^(l+1) / delta. The inequality needs 2 delta <= |Sigma|^(l-1), which l, |Sigma| >= 2 give. There are
    (|Sigma|^(l+1) - 1) / (|Sigma| - 1) programs of length <= l, below the |Sigma|^(l+1) it counts. delta = 0 gives no
    finite epsilon, so delta in [0, 1] should be (0, 1]. The bound is not tight: about sqrt(2) too large.

    Raises:
        ValueError: n < 1, length < 2, alphabet < 2, or delta is not in (0, 1).
    """
    return math.sqrt(_exponent(length, delta, alphabet) / _at_least_one(n, "tasks"))


def lemma_1_tasks(epsilon: float, length: int, *, delta: float = 0.05, alphabet: int = BYTES) -> int:
    """The smallest n = |D| for which Lemma 1 gives at most `epsilon`, in (0, 1].

    Raises:
        ValueError: an argument is out of its range.
    """
    if not 0 < epsilon <= 1:
        raise ValueError(f"an epsilon of {epsilon} is not above 0 and at most 1")
    return math.ceil(_exponent(length, delta, alphabet) / epsilon**2)


def within_of_best(epsilon: float) -> float:
    """How far ū of the improver that is best by û may lie below the best ū of the same improvers: 2 epsilon (A.2)."""
    return 2 * epsilon


def finite_class(n: int, improvers: int, *, delta: float = 0.05) -> float:
    """The same for a given set of improvers: epsilon with |û(I) - ū(I)| < epsilon for all of them, with probability 1 - delta.

        epsilon = sqrt(ln(2 * improvers / delta) / (2 n))

    Hoeffding's inequality (1963) and a union bound. Far smaller than Lemma 1, for a condition that is far harder: the
    improvers were fixed before the n tasks were drawn. Improvers that were written by looking at û on these tasks
    were not; on tasks that nothing was selected by, such as a sealed split, they were.

    Raises:
        ValueError: n or improvers is below 1, or delta is not in (0, 1).
    """
    count = _at_least_one(improvers, "improvers")
    return math.sqrt(math.log(2 * count / checked_probability(delta)) / (2 * _at_least_one(n, "tasks")))


@dataclass(frozen=True)
class Simulated:
    """Observation 1 for one run."""

    calls: int
    """Calls of the stochastic meta-utility, one task each: as many independent tasks simulate them perfectly."""
    tasks: int
    """|D|: the tasks that there were."""

    @property
    def perfect(self) -> bool:
        """Whether |D| suffices: then no task need be seen twice, and û cannot be overfitted to."""
        return self.tasks >= self.calls


def observation_1(calls: int, tasks: int) -> Simulated:
    """Observation 1: n calls of the stochastic meta-utility are perfectly simulated by n = |D| independent tasks.

    The stochastic meta-utility returns u(I(u, s, L)) for one task (u, s) drawn anew at each call; its expectation is ū(I).
    An algorithm that calls it n times cannot tell whether the tasks are drawn at each call or lie ready in D.

    Raises:
        ValueError: calls is below 0 or tasks below 1.
    """
    if calls < 0:
        raise ValueError(f"{calls} calls")
    return Simulated(calls, _at_least_one(tasks, "tasks"))


def _exponent(length: int, delta: float, alphabet: int) -> float:
    if length < 2 or alphabet < 2:
        raise ValueError(f"length {length} over {alphabet} symbols; the lemma wants 2 of each at least")
    return length * math.log(alphabet) + math.log(1 / checked_probability(delta))


def _at_least_one(count: int, what: str) -> int:
    if count < 1:
        raise ValueError(f"{count} {what}; the least is 1")
    return count
