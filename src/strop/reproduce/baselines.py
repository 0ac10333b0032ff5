"""The baselines of §5.1 and every shipped strategy (Figure 1, §6.1), measured on learning parity with noise.

Each is measured with the same seeds and budgets as the seed improver. As in the paper, chain of thought has two rows: one counts
failing solutions as 0, the other counts only copies whose solution does not fail. `best_of_n` is ours: the paper has no baseline
that spends the whole budget without iterating.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from strop.analysis.stats import Estimate, group_difference, mean, score_estimate
from strop.api.cells import Cell, CellResult
from strop.base.errors import StoreError
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.options.protocols import BaselinesOptions, StrategiesOptions
from strop.report.chart import Chart, Point, Series
from strop.reproduce.protocol import Protocol
from strop.reproduce.reproduction import Reproduction, Table, span, with_stderr
from strop.runs.claims.improvers import LEVEL, against_seed_words
from strop.runs.claims.numbers import percent
from strop.runs.evaluate import SEED, named
from strop.runs.results.measured import Measured, Measurement
from strop.runs.spec import shipped_improvers

TASK = "lpn"
IMPROVERS = ("chain_of_thought", "greedy_iterative", "best_of_n")
"""The baselines."""


def measured_in(results: Sequence[CellResult], task: str) -> list[Measured]:
    """The measurements on a task."""
    return [result for result in results if isinstance(result, Measured) and result.tasks == (task,)]


def measurements_of(measured: Sequence[Measured], task: str, improver: str) -> list[Measurement]:
    """The measurement of an improver, named or given by its digest, in each evaluation.

    Raises:
        StoreError: an evaluation has not measured the improver.
    """
    cells = [(evaluation, evaluation.cell(task, improver)) for evaluation in measured]
    if lacking := next((evaluation for evaluation, cell in cells if cell is None), None):
        raise StoreError(f"{lacking.directory} lacks the values of {improver}; remove it and run the command again")
    return [cell for _, cell in cells if cell is not None]


def pooled(cells: Sequence[Measurement]) -> tuple[float, ...]:
    """The held-out values of all copies, in order."""
    return tuple(value for cell in cells for value in cell.test.values)


def working(cell: Measurement) -> tuple[float, ...]:
    """Test utilities of the copies whose solution does not fail."""
    return tuple(value for value, verdict in zip(cell.test.values, cell.verdicts, strict=True) if verdict == "ok")


def against_seed(pairs: Sequence[tuple[Sequence[Measurement], Sequence[Measurement]]]) -> list[Estimate]:
    """The difference of each improver from the seed improver, from pairs of their measurements on the same tasks and instances.

    The intervals are for new copies on these instances, and hold together.

    Raises:
        ValueError: the measurements of a pair are not of the same tasks, or there are none.
    """
    sides = [tuple([cell.test.values for cell in cells] for cells in pair) for pair in pairs]
    return [group_difference(*pair, confidence=1 - LEVEL / len(pairs)) for pair in sides]


@dataclass(frozen=True)
class PaperValue:
    """A value that the paper prints, from 0 to 1."""

    mean: float
    """The mean that the paper prints."""
    stderr: float | None = None
    """One standard error over the paper's ten runs. Null if the paper prints none, and then the mean is rounded to
    whole percents."""

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


def with_errors(values: Sequence[Estimate | PaperValue | None]) -> list[Point]:
    """A point for each value, with one standard error to each side."""
    return [
        Point(
            row,
            value.mean,
            *((value.mean - value.stderr, value.mean + value.stderr) if value.stderr is not None else ()),
        )
        for row, value in enumerate(values)
        if value
    ]


@dataclass(frozen=True, kw_only=True)
class ImproverRow:
    """What an improver reached in all runs. It is a row of `baselines` and `strategies`."""

    title: str
    """Name of the row in the table."""
    improver: str
    """Name of the improver."""
    test: Estimate | None
    """Mean û on the held-out split, with its 95% interval: over the runs for a baseline, over the copies for a strategy.
    Null if no copy counts."""
    values: tuple[float, ...]
    """Mean û on the held-out split in each run that has one."""
    counted: int
    """Number of copies that count."""
    working: int
    """Number of copies whose program does not fail."""
    copies: int
    """Number of all copies."""
    lm_calls: float
    """Mean number of LM calls of one improvement."""
    evaluations: float
    """Mean number of evaluations that one improvement asked for."""
    paper: PaperValue | None = None
    """The paper's value. Null if the paper has none."""


def _row(
    cells: Sequence[Measurement], *, only_working: bool = False, over_copies: bool = False, **names: Any
) -> ImproverRow:
    """The row of an improver, from its measurement in each run.

    `only_working`: count only copies whose solution does not fail. `over_copies`: the interval is over copies, not over runs.
    """
    counted = [working(cell) if only_working else cell.test.values for cell in cells]
    values, copies = tuple(mean(utilities) for utilities in counted if utilities), pooled(cells)
    return ImproverRow(
        test=score_estimate(copies if over_copies else values) if values else None,
        values=values,
        counted=sum(map(len, counted)),
        working=sum(len(working(cell)) for cell in cells),
        copies=len(copies),
        **{name: sum(getattr(cell, name) for cell in cells) / len(copies) for name in ("lm_calls", "evaluations")},
        **names,
    )


BASELINES_NOTE = (
    "± is one standard error over the runs, as the paper prints it; each run is the mean of its copies on the held-out split. "
    "The 95% interval is over the runs. Chain of thought is the seed improver with one attempt and no utility call: `no error` "
    "counts only the copies whose solution does not fail (runs without one are left out), `with errors` counts the others as 0. "
    "`copies` are the counted copies, of all copies; LM and u are the mean calls of an improvement. Each baseline is compared "
    "with the seed improver over the copies, with failing copies counted as 0; the intervals of the three differences hold "
    "together."
)
GPT_4_NOTE = (
    "The paper's values are GPT-4's over ten runs; its seed improver's is the rounded 61% of §5.3. best of n is not in the "
    "paper."
)


@dataclass(frozen=True, kw_only=True)
class Baselines(BaselinesOptions, Protocol):
    """The baselines of §5.1."""

    name = "baselines"
    heading = "Baselines on learning parity with noise (§5.1)"

    def cells(self) -> list[Cell]:
        """One evaluation a run: the baselines and the seed improver with the same seed."""
        return [self.evaluation_cell(*named(IMPROVERS), task=TASK, seed=seed) for seed in self.seeds]

    def result(self, results: Sequence[CellResult]) -> Reproduction[ImproverRow]:
        evaluations, size = measured_in(results, TASK), quantity(len(results), "run")
        measured = {name: measurements_of(evaluations, TASK, name) for name in (SEED, *IMPROVERS)}
        rows = [
            _row(measured[name], only_working=only_working, title=title, improver=name, paper=paper)
            for title, name, only_working, paper in LINES
        ]
        against = against_seed([(measured[name], measured[SEED]) for name in IMPROVERS])
        differences = [
            (name.replace("_", " "), difference) for name, difference in zip(IMPROVERS, against, strict=True)
        ]
        lines = tuple(
            (
                row.title,
                with_stderr(row.test),
                span(row.test.interval if row.test else None),
                str(row.paper or "-"),
                f"{row.counted}/{row.copies}",
                f"{row.lm_calls:.1f}",
                f"{row.evaluations:.1f}",
            )
            for row in rows
        )
        series = [
            Series(
                "one run here", [Point(number, value) for number, row in enumerate(rows) for value in row.values], 4
            ),
            Series("here", with_errors([row.test for row in rows]), 0),
            Series("paper, GPT-4", with_errors([row.paper for row in rows]), 1),
        ]
        chart = Chart(series, "", "held-out û on lpn", names=[row.title for row in rows])
        return Reproduction(
            **self.facts(results),
            sentence=against_seed_words(differences, f"held-out û on {TASK}, {size}"),
            rows=tuple(rows),
            differences=dict(differences),
            tables=(Table(("improver", "held-out û %", "95%", "paper %", "copies", "LM", "u"), lines),),
            notes=(f"{size} on {TASK}. {BASELINES_NOTE}", GPT_4_NOTE),
            chart=(chart, "Mean over the runs ± 1 standard error."),
        )


STRATEGIES_NOTE = (
    "Mean held-out û with 95% intervals over the copies, for the instances that were drawn. vs seed: the difference from the "
    "seed improver with the same seeds; the intervals of the differences hold together. ok: copies whose solution does not fail. "
    "The budgets are equal; LM and u are the mean calls that an improvement makes."
)


@dataclass(frozen=True, kw_only=True)
class Strategies(StrategiesOptions, Protocol):
    """Figure 1 and §6.1."""

    name = "strategies"
    heading = "Strategies at equal budget (Figure 1, §6.1)"

    def cells(self) -> list[Cell]:
        """One evaluation a run, of every shipped improver with the same seed: all share the seed improver's measurement."""
        names = [name for name in shipped_improvers() if name != SEED]
        return [self.evaluation_cell(*named(names), task=TASK, seed=seed) for seed in self.seeds]

    def result(self, results: Sequence[CellResult]) -> Reproduction[ImproverRow]:
        evaluations, size = measured_in(results, TASK), quantity(len(results), "run")
        others = [name for name in evaluations[0].improvers if name != SEED]
        measured = {name: measurements_of(evaluations, TASK, name) for name in (SEED, *others)}
        against = against_seed([(measured[name], measured[SEED]) for name in others])
        differences = dict(zip(others, against, strict=True))
        rows = [_row(cells, over_copies=True, title=name, improver=name) for name, cells in measured.items()]
        rows.sort(key=lambda row: (-mean(row.values), row.improver))  # the best first
        ordered = {row.improver: differences[row.improver] for row in rows if row.improver != SEED}
        lines = tuple(
            (
                row.improver,
                percent(mean(row.values)),
                span(row.test.interval if row.test else None),
                percent(ordered[row.improver].mean, signed=True) if row.improver in ordered else "-",
                span(ordered[row.improver].interval, signed=True) if row.improver in ordered else "-",
                f"{row.working}/{row.copies}",
                f"{row.lm_calls:.1f}",
                f"{row.evaluations:.1f}",
            )
            for row in rows
        )
        headings = ("improver", "û %", "95%", "vs seed", "95%", "ok", "LM", "u")
        points = [
            Point(number, row.test.mean, *(row.test.interval or ())) for number, row in enumerate(rows) if row.test
        ]
        chart = Chart([Series("", points)], "", "held-out û on lpn", names=[row.improver for row in rows])
        return Reproduction(
            **self.facts(results),
            sentence=against_seed_words([*ordered.items()], f"held-out û on {TASK}, {size}"),
            rows=tuple(rows),
            differences=ordered,
            tables=(Table(headings, lines, "Shipped strategies at equal budget"),),
            notes=(f"{size}. {STRATEGIES_NOTE}",),
            chart=(chart, "Shipped strategies at equal budget, with 95% intervals."),
        )
