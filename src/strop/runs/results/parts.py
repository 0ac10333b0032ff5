"""Parts that several results share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from strop.analysis.stats import Estimate, estimate, score_estimate, stratified


@dataclass(frozen=True, kw_only=True)
class Sample(Estimate):
    """Values in [0, 1], one a copy of the task, with the 95% interval of their mean over new copies on these instances."""

    values: tuple[float, ...]
    """One value per copy of the task."""


def sample(values: Sequence[float], tasks: int = 1) -> Sample | None:
    """The sample of some values, ordered by task; None of none. The standard error is that of fixed tasks."""
    if not values:
        return None
    interval, copies = score_estimate(values).interval, len(values) // tasks
    groups = [values[number * copies : (number + 1) * copies] for number in range(tasks)]
    whole = stratified(groups) if tasks > 1 else estimate(values)
    return Sample(whole.mean, whole.stderr, whole.n, interval, values=tuple(values))
