"""Figure 1 and §6.1: the shipped strategies at equal budget on learning parity with noise.

Every shipped improver is measured with the same seeds as the seed improver and compared with it. The intervals are adjusted for
the number of strategies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from strop.analysis.stats import Estimate, score_estimate
from strop.base.pluralize import quantity
from strop.report.chart import Chart, Point, Series
from strop.reproduce.cells import Cell, Documents
from strop.reproduce.evaluations import (
    SEED,
    against_seed,
    calls_of,
    cells_of,
    measured_of,
    pooled,
    working,
)
from strop.reproduce.protocol import Protocol, Result, model_of
from strop.reproduce.tables import Table, span
from strop.runs.claims.numbers import percent
from strop.runs.claims.several import against_seed_words
from strop.runs.options import Whole
from strop.runs.results.measured import Measurement
from strop.runs.spec import shipped_improvers

TASK = "lpn"


@dataclass(frozen=True)
class StrategyRow:
    """One shipped strategy."""

    improver: str
    test: Estimate
    """Mean test û with a 95% interval."""
    values: tuple[float, ...]
    """Test û of each run."""
    difference: Estimate | None
    """Difference from the seed improver; None for the seed improver itself."""
    working: int
    """Copies whose solution does not fail."""
    copies: int
    lm_calls: float
    """Mean LM calls of an improvement."""
    evaluations: float
    """Mean utility calls of an improvement."""


@dataclass(frozen=True)
class StrategiesResult(Result):
    """The shipped strategies, compared."""

    runs: int
    rows: tuple[StrategyRow, ...]
    """The best first."""

    def sentence(self) -> str:
        differences = [(row.improver, row.difference) for row in self.rows if row.difference is not None]
        return against_seed_words(differences, f"test û on {TASK}, {quantity(self.runs, 'run')}")

    def notes(self) -> list[str]:
        return [
            f"{quantity(self.runs, 'run')}. Mean test û with 95% intervals over the copies, for the "
            "instances that were drawn. vs seed: the difference from the seed improver with the same seeds; the intervals of "
            "the differences hold together. ok: copies whose solution does not fail. The "
            "budgets are equal; LM and u are the mean calls that an improvement makes.",
        ]

    def tables(self) -> list[Table]:
        """What the shipped strategies reach."""
        reached = tuple(
            (
                row.improver,
                percent(row.test.mean),
                span(row.test.interval),
                *_against(row.difference),
                f"{row.working}/{row.copies}",
                f"{row.lm_calls:.1f}",
                f"{row.evaluations:.1f}",
            )
            for row in self.rows
        )
        headings = ("improver", "û %", "95%", "vs seed", "95%", "ok", "LM", "u")
        return [Table(headings, reached, "Shipped strategies at equal budget")]

    def document(self) -> dict[str, object]:
        return {"task": TASK, "runs": self.runs, "strategies": [asdict(row) for row in self.rows]}

    def chart(self) -> tuple[Chart, str]:
        """The shipped strategies by their test û."""
        points = [Point(row, one.test.mean, *(one.test.interval or ())) for row, one in enumerate(self.rows)]
        chart = Chart([Series("", points)], "", "test û on lpn", names=[row.improver for row in self.rows])
        return chart, "Shipped strategies at equal budget, with 95% intervals."


def _against(difference: Estimate | None) -> tuple[str, str]:
    if difference is None:
        return "-", "-"
    return percent(difference.mean, signed=True), span(difference.interval, signed=True)


@dataclass(frozen=True, kw_only=True)
class Strategies(Protocol):
    """Figure 1 and §6.1."""

    name = "strategies"
    heading = "Strategies at equal budget (Figure 1, §6.1)"

    runs: Whole = 5
    """Measurements of each strategy, every one with instances of its own."""

    def cells(self) -> list[Cell]:
        """One evaluation a run, of every shipped improver with the same seed: all share the seed improver's measurement."""
        names = [name for name in shipped_improvers() if name != SEED]
        return [self.evaluation_cell(*names, task=TASK, seed=seed) for seed in self.seeds]

    def result(self, documents: Documents) -> StrategiesResult:
        evaluations = list(documents.values())
        others = [name for name in measured_of(evaluations[0]).improvers if name != SEED]
        measured = {name: cells_of(evaluations, TASK, name) for name in (SEED, *others)}
        comparisons = against_seed([(measured[name], measured[SEED]) for name in others])
        differences = dict(zip(others, comparisons, strict=True))
        rows = [_row(name, copies, differences.get(name)) for name, copies in measured.items()]
        rows.sort(key=lambda row: (-row.test.mean, row.improver))
        return StrategiesResult(*model_of(documents), len(evaluations), tuple(rows))


def _row(name: str, evaluations: Sequence[Measurement], difference: Estimate | None) -> StrategyRow:
    return StrategyRow(
        improver=name,
        test=score_estimate(pooled(evaluations)),
        values=tuple(cell.test.mean for cell in evaluations),
        difference=difference,
        working=sum(len(working(cell)) for cell in evaluations),
        copies=len(pooled(evaluations)),
        **calls_of(evaluations),
    )
