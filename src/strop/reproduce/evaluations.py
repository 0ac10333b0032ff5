"""Documents of `strop eval` as numbers: an improver's copies, beside the seed improver's.

A pair is one copy of a task in one evaluation of each improver. Intervals hold for new copies on the instances that were drawn
(strop.analysis.stats.bounded).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TypeVar

from strop.analysis.stats import Estimate, score_difference
from strop.base.from_json import from_json
from strop.reproduce.cells import Document, lacking
from strop.runs.claims.several import LEVEL
from strop.runs.results.measured import Measured, Measurement

T = TypeVar("T")

SEED = "seed"
"""The improver that every `strop eval` measures first."""


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


def against_seed(pairs: Sequence[tuple[Sequence[Measurement], Sequence[Measurement]]]) -> list[Estimate]:
    """The difference of each (evaluations of an improver, of the seed improver); the intervals of all hold together.

    Raises:
        ValueError: they cannot be paired, or there are none.
    """
    confidence = 1 - LEVEL / len(pairs)
    return [score_difference(pooled(improver), pooled(seed), confidence=confidence) for improver, seed in pairs]
