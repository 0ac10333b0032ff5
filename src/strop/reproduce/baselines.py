"""The baselines of §5.1 on learning parity with noise: ten runs each, mean test û ± 1 standard error over the runs.

As in the paper, chain of thought has two rows: with failing solutions counted as 0, and over the copies alone whose solution
does not fail. `best_of_n` is ours: the paper has no baseline that spends the whole budget without iterating.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from strop.analysis.stats import Estimate, mean, score_estimate
from strop.base.pluralize import quantity
from strop.report.chart import Chart, Point, Series
from strop.reproduce.cells import Cell, Documents
from strop.reproduce.evaluations import (
    SEED,
    against_seed,
    calls_of,
    cells_of,
    working,
)
from strop.reproduce.protocol import Protocol, Result, model_of
from strop.reproduce.tables import Table, span, with_stderr
from strop.runs.claims.several import against_seed_words
from strop.runs.options import Whole
from strop.runs.results.measured import Measurement

TASK = "lpn"
IMPROVERS = ("chain_of_thought", "greedy_iterative", "best_of_n")
"""The shipped improvers to measure; `strop eval` measures the seed improver too."""


@dataclass(frozen=True)
class PaperValue:
    """A value of the paper, in [0, 1]."""

    mean: float
    stderr: float | None = None
    """One standard error over its ten runs; None if the paper prints none, and rounds to whole percents."""

    def __str__(self) -> str:
        """`57.7 ± 3.0` or `≈ 61`, in percent."""
        if self.stderr is None:
            return f"≈ {100 * self.mean:.0f}"
        return f"{100 * self.mean:.1f} ± {100 * self.stderr:.1f}"


LINES: tuple[tuple[str, str, bool, PaperValue | None], ...] = (
    ("seed improver", SEED, False, PaperValue(0.61)),
    ("chain of thought, no error", "chain_of_thought", True, PaperValue(0.577, 0.030)),
    ("chain of thought, with errors", "chain_of_thought", False, PaperValue(0.496, 0.035)),
    ("greedy iterative", "greedy_iterative", False, PaperValue(0.642, 0.009)),
    ("best of n, equal budget (ours)", "best_of_n", False, None),
)
"""(title, improver, whether only copies without an error count, the paper's value)."""


@dataclass(frozen=True)
class BaselineRow:
    """One line of the table."""

    title: str
    improver: str
    test: Estimate | None
    """Mean û over the runs on the sealed test split, with a 95% interval; None if no run has a value."""
    values: tuple[float, ...]
    """Mean test û of each run that has one."""
    copies: int
    """Counted copies of all runs."""
    tried: int
    """All copies of all runs."""
    lm_calls: float
    """Mean LM calls of an improvement."""
    evaluations: float
    """Mean utility calls of an improvement."""
    paper: PaperValue | None


@dataclass(frozen=True)
class BaselinesResult(Result):
    """The table."""

    runs: int
    rows: tuple[BaselineRow, ...]
    differences: tuple[tuple[str, Estimate], ...]
    """Baseline → its test û minus the seed improver's, with failing copies counted as 0."""

    def sentence(self) -> str:
        return against_seed_words(self.differences, f"test û on {TASK}, {quantity(self.runs, 'run')}")

    def notes(self) -> list[str]:
        return [
            f"{quantity(self.runs, 'run')} on {TASK}. ± is one standard error over the runs, as the paper prints it; each run "
            "is the mean of its copies on the sealed test split. The 95% interval is over the runs. "
            "Chain of thought is the seed improver with one attempt and no utility call: `no error` counts only the copies "
            "whose solution does not fail (runs without one are left out), `with errors` counts the others as 0. `copies` "
            "are the counted copies, of all copies; LM and u are the mean calls of an improvement. Each baseline "
            "is compared with the seed improver over the copies, with failing copies counted as 0; the intervals of the three "
            "differences hold together.",
            "The paper's values are GPT-4's over ten runs; its seed improver's is the rounded 61% of §5.3. best of n is not in "
            "the paper.",
        ]

    def tables(self) -> list[Table]:
        rows = tuple(
            (
                row.title,
                with_stderr(row.test),
                span(row.test.interval if row.test else None),
                str(row.paper) if row.paper else "-",
                f"{row.copies}/{row.tried}",
                f"{row.lm_calls:.1f}",
                f"{row.evaluations:.1f}",
            )
            for row in self.rows
        )
        return [Table(("improver", "test û %", "95%", "paper %", "copies", "LM", "u"), rows)]

    def document(self) -> dict[str, object]:
        return {
            "task": TASK,
            "runs": self.runs,
            "rows": [asdict(row) for row in self.rows],
            "differences": {name: asdict(difference) for name, difference in self.differences},
        }

    def chart(self) -> tuple[Chart, str]:
        """Our means and the paper's by row, and each run as a dot."""
        runs = [Point(row, value) for row, one in enumerate(self.rows) for value in one.values]
        series = [
            Series("one run here", runs, 4),
            Series("here", _points([row.test for row in self.rows]), 0),
            Series("paper, GPT-4", _points([row.paper for row in self.rows]), 1),
        ]
        chart = Chart(series, "", "test û on lpn", names=[row.title for row in self.rows])
        return chart, "Mean over the runs ± 1 standard error."


def _points(values: Sequence[Estimate | PaperValue | None]) -> list[Point]:
    """A point by row, with one standard error to each side."""
    return [
        Point(row, one.mean, *((one.mean - one.stderr, one.mean + one.stderr) if one.stderr is not None else ()))
        for row, one in enumerate(values)
        if one
    ]


@dataclass(frozen=True, kw_only=True)
class Baselines(Protocol):
    """The baselines of §5.1."""

    name = "baselines"
    heading = "Baselines on learning parity with noise (§5.1)"

    runs: Whole = 10
    """Measurements of each improver, every one with instances of its own."""

    def cells(self) -> list[Cell]:
        """One evaluation a run: the baselines and the seed improver with the same seed."""
        return [self.evaluation_cell(*IMPROVERS, task=TASK, seed=seed) for seed in self.seeds]

    def result(self, documents: Documents) -> BaselinesResult:
        measured = {name: cells_of(list(documents.values()), TASK, name) for name in (SEED, *IMPROVERS)}
        rows = tuple(_row(title, name, only, paper, measured[name]) for title, name, only, paper in LINES)
        differences = against_seed([(measured[name], measured[SEED]) for name in IMPROVERS])
        names = (name.replace("_", " ") for name in IMPROVERS)
        return BaselinesResult(*model_of(documents), len(documents), rows, tuple(zip(names, differences, strict=True)))


def _row(
    title: str, improver: str, only_working: bool, paper: PaperValue | None, evaluations: Sequence[Measurement]
) -> BaselineRow:
    counted = [working(cell) if only_working else cell.test.values for cell in evaluations]
    values = tuple(mean(copies) for copies in counted if copies)
    return BaselineRow(
        title,
        improver,
        score_estimate(values) if values else None,
        values,
        copies=sum(map(len, counted)),
        tried=sum(len(cell.test.values) for cell in evaluations),
        **calls_of(evaluations),
        paper=paper,
    )
