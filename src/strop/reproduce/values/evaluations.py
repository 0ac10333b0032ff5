"""What a protocol reads from the documents of `strop eval`: each improver's copies, with the seed improver's beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from strop.analysis.stats import Estimate, mean, t_estimate
from strop.base.errors import StoreError
from strop.reproduce.cells import Document, file_of

SEED = "seed"
"""The improver that every `strop eval` measures first."""


@dataclass(frozen=True)
class Copies:
    """One improver on the copies of one task, in one evaluation."""

    test: tuple[float, ...]
    """Utility of what it made of each copy, on the sealed test split."""
    train: tuple[float, ...]
    verdicts: tuple[str, ...]
    """Of what it made of each copy, on the sealed test split; a copy without `ok` counts 0 or its failing instances do."""
    lm_calls: int
    """Over all copies."""
    evaluations: int
    """Utility calls over all copies."""
    digest: str
    """SHA-256 of the improver's text."""

    @property
    def working(self) -> tuple[float, ...]:
        """Test utility of the copies that did not error."""
        return tuple(value for value, verdict in zip(self.test, self.verdicts, strict=True) if verdict == "ok")


def copies_of(document: Document, task: str, improver: str) -> Copies:
    """One cell of an evaluation's matrix; `improver` is the name it was given, or its digest.

    Raises:
        StoreError: the document does not hold it.
    """
    try:
        cell = next(
            each
            for each in document["cells"]
            if each["task"] == task and improver in (each["improver"], each["digest"])
        )
        return Copies(
            test=tuple(float(value) for value in cell["test"]["values"]),
            train=tuple(float(value) for value in cell["train"]["values"]),
            verdicts=tuple(str(verdict) for verdict in cell["verdicts"]),
            lm_calls=int(cell["lm_calls"]),
            evaluations=int(cell["evaluations"]),
            digest=str(cell["digest"]),
        )
    except (KeyError, TypeError, ValueError, StopIteration) as error:
        raise _lacking(document, f"values of {improver} on {task}") from error


def seed_solution_of(document: Document, task: str) -> tuple[float, float]:
    """u(s) of a task's initial solution: (training split, sealed test split).

    Raises:
        StoreError: the document does not hold it.
    """
    try:
        found = next(each for each in document["seed_solutions"] if each["task"] == task)
        return float(found["train"]["mean"]), float(found["test"]["mean"])
    except (KeyError, TypeError, ValueError, StopIteration) as error:
        raise _lacking(document, f"seed solution of {task}") from error


def _lacking(document: Document, what: str) -> StoreError:
    return StoreError(f"{file_of(document)} holds no {what}; remove it, and it is made anew")


def pooled(evaluations: Sequence[Copies]) -> tuple[float, ...]:
    """The sealed test values of all copies of all evaluations, in order."""
    return tuple(value for each in evaluations for value in each.test)


ENOUGH_RUNS = 3
"""From so many evaluations on their means are what an interval is made of."""


def units(evaluations: Sequence[Copies]) -> tuple[float, ...]:
    """The values an interval is made of: one mean test û an evaluation, or with few evaluations one value a copy.

    The copies of an evaluation share their instances, so an interval over copies speaks for the instances that were drawn.
    """
    return pooled(evaluations) if len(evaluations) < ENOUGH_RUNS else tuple(mean(each.test) for each in evaluations)


def bounded(values: Sequence[float]) -> Estimate:
    """Mean of utilities with a 95% interval (Student's t), cut to [0, 1]; no interval for a single value."""
    found = t_estimate(values)
    if found.interval is None:
        return found
    low, high = found.interval
    return replace(found, interval=(max(low, 0.0), min(high, 1.0)))
