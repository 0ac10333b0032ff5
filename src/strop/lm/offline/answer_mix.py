"""How often the offline proposer gives which kind of answer: the only place to tune it.

Tuned for learning parity with noise and the paper's Figure 4, at the default skill of 0.5: the seed improver (one call
of 6 answers, the best by utility) should reach a mean utility of about 0.6 to 0.7, an improver that spends all 4 calls
about 0.75 to 0.87. That takes about 3% of learners that solve the task among all answers to the seed solution, and about
27% of improvers that spend their whole budget well among all answers to an improver. At skill 0.1 there should be little
to gain, at 1.0 much. The odds know only the grades of the textbook, not its algorithms: measure again after adding some.
"""

from __future__ import annotations

import random
from dataclasses import astuple, dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["edit", "good", "mediocre", "broken"]
KINDS: tuple[Kind, ...] = ("edit", "good", "mediocre", "broken")


@dataclass(frozen=True)
class Odds:
    """The chances of each kind of answer; they sum to 1."""

    edit: float
    """Genetic improvement of the program."""
    good: float
    """A textbook algorithm of grade `good`."""
    mediocre: float
    """A textbook algorithm of grade `mediocre`."""
    broken: float
    """A broken or useless answer."""

    def draw(self, rng: random.Random) -> Kind:
        """One kind, at random."""
        return rng.choices(KINDS, weights=astuple(self))[0]


TABLE: tuple[tuple[float, Odds], ...] = (
    # skill        edit  good  mediocre broken
    (0.00, Odds(0.50, 0.00, 0.05, 0.45)),
    (0.25, Odds(0.44, 0.08, 0.14, 0.34)),
    (0.50, Odds(0.33, 0.28, 0.18, 0.21)),
    (1.00, Odds(0.12, 0.70, 0.12, 0.06)),
)
"""The odds at some skills; in between they are interpolated."""

BROKEN: dict[str, float] = {
    "no code": 2,
    "empty": 1,
    "truncated": 3,
    "syntax error": 3,
    "unchanged": 3,
    "wrong name": 2,
    "two blocks": 2,
    "raises": 4,
}
"""Relative frequency of each kind of broken or useless answer."""


def odds_at(skill: float) -> Odds:
    """The odds at a skill in [0, 1], piecewise linear in the table."""
    for (low, below), (high, above) in pairwise(TABLE):
        if low <= skill <= high:
            share = (skill - low) / (high - low)
            return Odds(*(a + share * (b - a) for a, b in zip(astuple(below), astuple(above), strict=True)))
    raise ValueError(f"skill must be between 0 and 1, not {skill}")
