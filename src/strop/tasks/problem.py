"""The problem of a task with an exact verifier: how a value is verified, and which values are published."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Literal, TypeAlias

from strop.base.later import dataclass

Goal: TypeAlias = Literal["max", "min"]
"""Whether more of a metric is better, or less."""
VALUE = "value"
"""The metric of a construction."""
VERIFIED = "verify"
"""How the value of that metric is read."""


@dataclass(frozen=True)
class Published:
    """A published value of a problem: how good the best construction is that somebody printed."""

    value: Fraction
    """The exact value of the published construction, if the construction can be had. Else the value as it was printed,
    whose last digit is rounded."""
    by: str
    """Who found it, such as `AlphaEvolve`."""
    date: str
    """When it was published: a year, or a month such as `2025-05`."""
    source: str
    """Where it was published: the address of a page, a paper or a repository."""


@dataclass(frozen=True)
class Problem:
    """The problem of a task whose answers are constructions; `strop.Construction` says what its fields are."""

    what: str
    better: Literal["higher", "lower"]
    verify: Callable[[Any], Fraction]
    published: tuple[Published, ...]
    scipy: bool
    draw: Callable[[Any], str] | None

    @property
    def goal(self) -> Goal:
        """`max` if higher values are better, `min` if lower ones are."""
        return "max" if self.better == "higher" else "min"

    @property
    def best_known(self) -> Published | None:
        """The best of the published values; None if there is none."""
        choose = max if self.better == "higher" else min
        return choose(self.published, key=lambda one: one.value) if self.published else None

    @property
    def _par(self) -> tuple[float, float]:
        """The value whose utility is 0.5, and the step above it whose utility is 0.75. The step is negative if less is better."""
        best = 0.0 if self.best_known is None else float(self.best_known.value)
        return best, abs(best or 1.0) * (1 if self.better == "higher" else -1)

    def utility_of(self, value: Fraction) -> float:
        """The utility of a value, in (0, 1): 1/2 + d / (2 + 2 |d|). d says how much better the value is than the best known one,
        in units of the best known one; without one, d is the value itself."""
        best, scale = self._par
        ahead = (value - Fraction(best)) / Fraction(scale)
        return min(max(float((1 + ahead / (1 + abs(ahead))) / 2), 2.0**-900), 1 - 2.0**-53)

    def value_of(self, utility: float) -> float:
        """The value with a utility in (0, 1), to 15 digits."""
        best, scale = self._par
        return best + scale * (1 - 0.5 / utility if utility < 0.5 else 0.5 / (1 - utility) - 1)
