"""Documents of `strop eval` as numbers: an improver's copies, beside the seed improver's.

A pair is one copy of a task in one evaluation: both improvers worked on the same instances. The sign-flip permutation test asks
whether swapping the two of a pair would matter: it does not assume normal differences, and holds although the copies of an
evaluation share their instances. Its smallest p-value for n pairs is 2 ** (1 - n): five pairs cannot go below 0.0625.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from strop.analysis.stats import (
    Estimate,
    benjamini_hochberg,
    differences,
    holm,
    mean,
    paired_difference,
    sign_flip_test,
    t_estimate,
)
from strop.reproduce.cells import Document, lacking
from strop.reproduce.tables import percent

SEED = "seed"
"""The improver that every `strop eval` measures first."""
ENOUGH_RUNS = 3
"""With this many evaluations or more, intervals are made of their means."""
LEVEL = 0.05
"""A claim needs an adjusted p at or below this."""
_NAMED = 3
"""How many improvers a sentence names; it counts the others."""


@dataclass(frozen=True)
class Copies:
    """One improver on the copies of one task, in one evaluation."""

    test: tuple[float, ...]
    """Utility of the improved solution of each copy, on the sealed test split, in [0, 1]."""
    verdicts: tuple[str, ...]
    """Of the same; a copy whose verdict is not `ok` counts 0, or its failing instances do."""
    lm_calls: int
    """Of all copies."""
    evaluations: int
    """Utility calls of all copies."""

    @property
    def working(self) -> tuple[float, ...]:
        """Test utility of the copies without an error."""
        return tuple(value for value, verdict in zip(self.test, self.verdicts, strict=True) if verdict == "ok")


def copies_of(document: Document, task: str, improver: str) -> Copies:
    """One cell of an evaluation's matrix; `improver` is the improver's name or digest.

    Raises:
        StoreError: the document lacks it.
    """
    try:
        cell = next(
            cell
            for cell in document["cells"]
            if cell["task"] == task and improver in (cell["improver"], cell["digest"])
        )
        return Copies(
            test=tuple(float(value) for value in cell["test"]["values"]),
            verdicts=tuple(str(verdict) for verdict in cell["verdicts"]),
            lm_calls=int(cell["lm_calls"]),
            evaluations=int(cell["evaluations"]),
        )
    except (KeyError, TypeError, ValueError, StopIteration) as error:
        raise lacking(document, f"the values of {improver} on {task}") from error


def seed_solution_of(document: Document, task: str) -> float:
    """u(s) of a task's initial solution on the sealed test split.

    Raises:
        StoreError: the document lacks it.
    """
    try:
        return float(next(seed for seed in document["seed_solutions"] if seed["task"] == task)["test"]["mean"])
    except (KeyError, TypeError, ValueError, StopIteration) as error:
        raise lacking(document, f"the seed solution of {task}") from error


def pooled(evaluations: Sequence[Copies]) -> tuple[float, ...]:
    """The sealed test values of all copies of all evaluations, in order."""
    return tuple(value for copies in evaluations for value in copies.test)


def units(evaluations: Sequence[Copies]) -> tuple[float, ...]:
    """The values that an interval is made of: the mean test û of each evaluation or, of few evaluations, each copy's.

    The copies of an evaluation share their instances, so an interval over copies holds for the instances that were drawn.
    """
    few = len(evaluations) < ENOUGH_RUNS
    return pooled(evaluations) if few else tuple(mean(copies.test) for copies in evaluations)


def bounded(values: Sequence[float]) -> Estimate:
    """Mean of utilities with a 95% interval (Student's t), cut to [0, 1]; no interval for a single value."""
    estimate = t_estimate(values)
    interval = estimate.interval and (max(estimate.interval[0], 0.0), min(estimate.interval[1], 1.0))
    return replace(estimate, interval=interval)


def calls_of(evaluations: Sequence[Copies]) -> dict[str, float]:
    """Mean `lm_calls` and `evaluations` (utility calls) of one improvement."""
    copies = len(pooled(evaluations))
    return {
        "lm_calls": sum(evaluation.lm_calls for evaluation in evaluations) / copies,
        "evaluations": sum(evaluation.evaluations for evaluation in evaluations) / copies,
    }


@dataclass(frozen=True)
class AgainstSeed:
    """Improver minus seed improver on the sealed test split."""

    mean: float
    interval: tuple[float, float] | None
    """95%, Student's t over the pairs of `units`, cut to [-1, 1]; None for a single pair."""
    pairs: int
    """Compared copies."""
    p: float
    """Two-sided, of this comparison alone, over the copies."""
    p_holm: float
    """Adjusted for the number of comparisons (Holm): bounds the chance of any false claim."""
    p_bh: float
    """Adjusted to bound the share of false claims among the claims (Benjamini and Hochberg)."""


Comparisons = Sequence[tuple[str, AgainstSeed]]
"""By name; adjusted for one another."""


def against_seed(pairs: Sequence[tuple[Sequence[Copies], Sequence[Copies]]]) -> list[AgainstSeed]:
    """Compare each (evaluations of an improver, of the seed improver), with p-values adjusted over all of them.

    Raises:
        ValueError: they cannot be paired, or there are none.
    """
    tests = [
        # A fixed seed: the same documents give the same page.
        sign_flip_test(differences(pooled(improver), pooled(seed)), rng=np.random.default_rng(0))
        for improver, seed in pairs
    ]
    comparisons = []
    for (improver, seed), p, p_holm, p_bh in zip(pairs, tests, holm(tests), benjamini_hochberg(tests), strict=True):
        difference = paired_difference(units(improver), units(seed))
        interval = difference.interval and (max(difference.interval[0], -1.0), min(difference.interval[1], 1.0))
        comparisons.append(AgainstSeed(difference.mean, interval, len(pooled(seed)), p, p_holm, p_bh))
    return comparisons


def claims(comparisons: Comparisons) -> tuple[Comparisons, Comparisons]:
    """Those significantly better, and those significantly worse, than the seed improver; the largest differences first."""
    sure = sorted((one for one in comparisons if one[1].p_holm <= LEVEL), key=lambda one: -one[1].mean)
    return [one for one in sure if one[1].mean > 0], [one for one in reversed(sure) if one[1].mean < 0]


def against_seed_words(comparisons: Comparisons, on: str) -> str:
    """Which improvers are better than the seed improver and which are worse. `on`: `test û on lpn, 5 runs`."""
    better, worse = claims(comparisons)
    rest = len(comparisons) - len(better) - len(worse)
    if rest == len(comparisons):
        few = too_few_words(comparisons)
        return f"No significant difference between the seed improver and any of {len(comparisons)} others ({on}){few}."
    parts = [f"Better than the seed improver ({on}): {listed(better)}."] if better else []
    parts += [f"Worse than the seed improver ({on}): {listed(worse)}."] if worse else []
    return " ".join([*parts, *([f"No significant difference: {rest} of {len(comparisons)}."] if rest else [])])


def listed(comparisons: Comparisons) -> str:
    """`greedy iterative (+3.2 points), best of n (+1.0 points) and 2 more`."""
    named = [f"{name} ({percent(one.mean, signed=True)} points)" for name, one in comparisons[:_NAMED]]
    return ", ".join(named) + (f" and {len(comparisons) - _NAMED} more" if len(comparisons) > _NAMED else "")


def too_few_words(comparisons: Comparisons) -> str:
    """The end of a sentence where the sign-flip test has too few pairs for any claim; else empty."""
    possible = any(2.0 ** (1 - one.pairs) * len(comparisons) <= LEVEL for _, one in comparisons)
    return "" if possible else "; so few copies cannot show one"
