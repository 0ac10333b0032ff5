"""What û is compared with, where a record has it."""

from __future__ import annotations

from collections.abc import Sequence

from strop.analysis.stats import t_estimate
from strop.report.html.page_data import PageData
from strop.report.html.schema import Baseline, IterationFacts, MatrixFacts


def baselines_of(data: PageData, iterations: Sequence[IterationFacts], matrix: MatrixFacts | None) -> list[Baseline]:
    """The seed solution, as it stands before any improvement, and the seed improver on the sealed split."""
    found: list[Baseline] = []
    for scope, event in data.run.results.items():
        name, _, rest = scope.rpartition("seed")
        if rest in ("", "/test") and matrix is None:
            of_task = f" of {name.strip('/')}" if name.strip("/") else ""
            found.append(
                {
                    "name": f"seed solution{of_task}, u(s), {event.split} split",
                    "mean": event.value,
                    "interval": _interval(event.scores),
                }
            )
    first = iterations[0] if iterations else None
    if first is not None and first["t"] == 0 and first["test"] is not None:
        found.append(
            {
                "name": "seed improver I_0, test split",
                "mean": first["test"]["mean"],
                "interval": first["test_interval"],
            }
        )
    return found


def _interval(scores: Sequence[float]) -> list[float] | None:
    """Over instances, within [0, 1]."""
    found = t_estimate(scores, confidence=0.95).interval if len(scores) > 1 else None
    return None if found is None else [max(found[0], 0.0), min(found[1], 1.0)]
