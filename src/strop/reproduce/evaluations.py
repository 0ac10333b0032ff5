"""Documents of `strop eval` as numbers: an improver's copies, beside the seed improver's.

A pair is one copy of a task in one evaluation of each improver. Intervals hold for new copies on the instances that were drawn
(strop.analysis.stats.bounded).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from strop.analysis.stats import Estimate, decided, least_shown, score_difference
from strop.base.from_json import from_json
from strop.reproduce.cells import Document, lacking
from strop.reproduce.tables import percent
from strop.runs.results.measured import Measured, Measurement

T = TypeVar("T")

SEED = "seed"
"""The improver that every `strop eval` measures first."""
LEVEL = 0.05
"""The share of results in which an interval of a difference may miss; each interval has an equal part of it (Bonferroni)."""
_NAMED = 3
"""How many improvers a sentence names; it counts the others."""


def measured_of(document: Document) -> Measured:
    """The result that a document of `strop eval` holds.

    Raises:
        StoreError: it lacks something.
    """
    try:
        return from_json(Measured, json.dumps(document))
    except ValueError as error:
        raise lacking(document, str(error)) from error


def cells_of(documents: Sequence[Document], task: str, improver: str) -> list[Measurement]:
    """The cell of an improver, by its name or its digest, in each of some evaluations.

    Raises:
        StoreError: a document lacks it.
    """
    return [
        _there(measured_of(document).cell(task, improver), document, f"the values of {improver} on {task}")
        for document in documents
    ]


def seed_solution_of(document: Document, task: str) -> float:
    """u(s) of a task's initial solution on the sealed test split.

    Raises:
        StoreError: the document lacks it.
    """
    return _there(measured_of(document).seed_solution(task), document, f"the seed solution of {task}").test.value


def _there(value: T | None, document: Document, what: str) -> T:
    if value is None:
        raise lacking(document, what)
    return value


def pooled(evaluations: Sequence[Measurement]) -> tuple[float, ...]:
    """The sealed test values of all copies of all evaluations, in order."""
    return tuple(value for cell in evaluations for value in cell.test.values)


def working(cell: Measurement) -> tuple[float, ...]:
    """Test utility of the copies without an error; of the others the copy, or its failing instances, count 0."""
    return tuple(value for value, verdict in zip(cell.test.values, cell.verdicts, strict=True) if verdict == "ok")


def calls_of(evaluations: Sequence[Measurement]) -> dict[str, float]:
    """Mean `lm_calls` and `evaluations` (utility calls) of one improvement."""
    copies = len(pooled(evaluations))
    return {name: sum(getattr(cell, name) for cell in evaluations) / copies for name in ("lm_calls", "evaluations")}


@dataclass(frozen=True)
class AgainstSeed:
    """Improver minus seed improver on the sealed test split."""

    mean: float
    interval: tuple[float, float] | None
    """95%, over the copies; the intervals of all comparisons hold together."""
    pairs: int
    """Compared copies."""

    @property
    def shown(self) -> int:
        """1 if the improver is better, -1 if it is worse, 0 if neither is shown."""
        return decided(Estimate(self.mean, None, self.pairs, self.interval))


Comparisons = Sequence[tuple[str, AgainstSeed]]
"""By name, with intervals that hold together."""


def against_seed(pairs: Sequence[tuple[Sequence[Measurement], Sequence[Measurement]]]) -> list[AgainstSeed]:
    """Compare each (evaluations of an improver, of the seed improver).

    Raises:
        ValueError: they cannot be paired, or there are none.
    """
    confidence = 1 - LEVEL / len(pairs)
    changes = [score_difference(pooled(improver), pooled(seed), confidence=confidence) for improver, seed in pairs]
    return [AgainstSeed(change.mean, change.interval, change.n) for change in changes]


def claims(comparisons: Comparisons) -> tuple[Comparisons, Comparisons]:
    """Those significantly better, and those significantly worse, than the seed improver; the largest differences first."""
    better = sorted((one for one in comparisons if one[1].shown > 0), key=lambda one: -one[1].mean)
    return better, sorted((one for one in comparisons if one[1].shown < 0), key=lambda one: one[1].mean)


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
    """The end of a sentence where there are too few pairs for any claim; else empty."""
    confidence = 1 - LEVEL / max(len(comparisons), 1)
    possible = any(least_shown(one.pairs, confidence=confidence) is not None for _, one in comparisons)
    return "" if possible else "; so few copies cannot show one"
