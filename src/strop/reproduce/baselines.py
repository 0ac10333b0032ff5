"""The baselines of §5.1 on learning parity with noise: ten runs each, mean test û ± 1 standard error over the runs.

Chain of thought is given twice, as the paper does: with a solution that errors counted as 0, and over the copies alone whose
solution does not error. `best_of_n` is ours: the paper has no baseline that spends the whole budget without iterating.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from strop.analysis.stats import Estimate, mean
from strop.report.figures.dots import Reach, dots, legend, lines, singles
from strop.report.figures.figure import house_style, new_figure, save_figure
from strop.report.terminal.words import notice_of, quantity
from strop.reproduce.cells import Cell, cell_of
from strop.reproduce.pages import Table, span, with_stderr
from strop.reproduce.protocol import Documents, Options, Protocol, measuring, model_of
from strop.reproduce.values.comparisons import AgainstSeed, against_seed, against_seed_words
from strop.reproduce.values.evaluations import SEED, Copies, bounded, copies_of

TASK = "lpn"
RUNS = 10
IMPROVERS = ("chain_of_thought", "greedy_iterative", "best_of_n")
"""Shipped improvers that are measured; `strop eval` measures the seed improver too."""


@dataclass(frozen=True)
class Printed:
    """A value of the paper, in [0, 1]."""

    mean: float
    stderr: float | None = None
    """One standard error over its ten runs; None where the paper gives none, and rounds to whole percents."""

    def __str__(self) -> str:
        """`57.7 ± 3.0` or `≈ 61`, in percent."""
        if self.stderr is None:
            return f"≈ {100 * self.mean:.0f}"
        return f"{100 * self.mean:.1f} ± {100 * self.stderr:.1f}"


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    title: str
    improver: str
    test: Estimate | None
    """Over the runs, with a 95% interval; None where no run has a value."""
    values: tuple[float, ...]
    """Mean test û of each run that has one."""
    copies: int
    """Copies that are counted here, over all runs."""
    tried: int
    """Copies that were tried, over all runs."""
    lm_calls: float
    """An improvement's, in the mean."""
    evaluations: float
    """Utility calls of an improvement, in the mean."""
    paper: Printed | None


@dataclass(frozen=True)
class Baselines:
    """The whole table, for one model."""

    model: str
    is_language_model: bool
    runs: int
    rows: tuple[Row, ...]
    differences: tuple[tuple[str, AgainstSeed], ...]
    """Of each baseline by its title: its test û less the seed improver's, copies with errors counted as 0."""


LINES: tuple[tuple[str, str, bool, Printed | None], ...] = (
    ("seed improver", SEED, False, Printed(0.61)),
    ("chain of thought, no error", "chain_of_thought", True, Printed(0.577, 0.030)),
    ("chain of thought, with errors", "chain_of_thought", False, Printed(0.496, 0.035)),
    ("greedy iterative", "greedy_iterative", False, Printed(0.642, 0.009)),
    ("best of n, equal budget (ours)", "best_of_n", False, None),
)
"""(title, improver, whether only copies without an error count, the paper's value)."""


@dataclass(frozen=True)
class BaselineOptions(Options):
    """Ten runs."""

    runs: int = RUNS


def cells(options: BaselineOptions) -> list[Cell]:
    """One evaluation a run: every baseline and the seed improver with the same seed."""
    return [
        cell_of("eval", *IMPROVERS, "--task", TASK, "--seed", str(seed), *measuring(options)) for seed in options.seeds
    ]


def result(options: BaselineOptions, documents: Documents) -> Baselines:
    """The table of the evaluations.

    Raises:
        StoreError: a document does not hold what it must.
    """
    ordered = list(documents.values())
    rows = tuple(
        _row(title, improver, working, paper, [copies_of(document, TASK, improver) for document in ordered])
        for title, improver, working, paper in LINES
    )
    measured = {name: [copies_of(document, TASK, name) for document in ordered] for name in (SEED, *IMPROVERS)}
    found = against_seed([(measured[name], measured[SEED]) for name in IMPROVERS])
    differences = tuple((name.replace("_", " "), each) for name, each in zip(IMPROVERS, found, strict=True))
    return Baselines(*model_of(documents), runs=len(ordered), rows=rows, differences=differences)


def _row(title: str, improver: str, working: bool, paper: Printed | None, evaluations: Sequence[Copies]) -> Row:
    counted = [each.working if working else each.test for each in evaluations]
    values = tuple(mean(each) for each in counted if each)
    tried = sum(len(each.test) for each in evaluations)
    return Row(
        title,
        improver,
        bounded(values) if values else None,
        values,
        copies=sum(map(len, counted)),
        tried=tried,
        lm_calls=sum(each.lm_calls for each in evaluations) / tried,
        evaluations=sum(each.evaluations for each in evaluations) / tried,
        paper=paper,
    )


def sentence(found: Baselines) -> str:
    """Which baselines are better than the seed improver, and which are worse."""
    return against_seed_words(found.differences, f"test û on {TASK}, {quantity(found.runs, 'run')}")


def notes(found: Baselines) -> list[str]:
    """What the figures are."""
    runs = quantity(found.runs, "run")
    return [
        f"{runs} on {TASK}. ± is one standard error over the runs, as the paper prints it; each run is the mean of "
        "its copies on the sealed test split. 95% is Student's t interval over the runs, cut to 0 and 100. Chain "
        "of thought is the seed improver with one attempt and no utility call: `no error` counts only the copies "
        "whose solution does not error (runs without one are left out), `with errors` counts the others as 0. "
        "`copies` are those counted, of those tried; LM and u are the calls of an improvement, in the mean. "
        "Whether a baseline differs from the seed improver is tested copy by copy, with errors counted as 0, by the sign-flip "
        "test, adjusted for three comparisons (Holm).",
        "The paper's values are GPT-4's over ten runs; its seed improver's is the rounded 61% of §5.3. best of n is not in "
        "the paper.",
    ]


def tables(found: Baselines) -> list[Table]:
    """The table in words, in percent."""
    headings = ("improver", "test û %", "95%", "paper %", "copies", "LM", "u")
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
        for row in found.rows
    )
    return [Table(headings, rows)]


def document(found: Baselines) -> dict[str, object]:
    """The table as data; fractions, not percent."""
    return {
        "task": TASK,
        "runs": found.runs,
        "rows": [asdict(row) for row in found.rows],
        "differences": {name: asdict(difference) for name, difference in found.differences},
    }


def draw(found: Baselines, directory: Path) -> list[Path]:
    """baselines.svg and baselines.png: ours, each run as a dot behind, the paper's beside."""
    figure, (axes,) = new_figure(height=2.5)
    places = range(len(found.rows))
    ours, papers = [row.test for row in found.rows], [row.paper for row in found.rows]
    with house_style():
        singles(axes, [place - 0.34 for place in places], [row.values for row in found.rows])
        dots(axes, [place - 0.12 for place in places], _means(ours), _reaches(ours), 0, "here")
        dots(
            axes, [place + 0.18 for place in places], _means(papers), _reaches(papers), 1, "paper, GPT-4", filled=False
        )
        lines(axes, [row.title.replace(", ", ",\n") for row in found.rows])
        axes.set_xlabel("test û on lpn")
        legend(figure, 2)
    caption = "Mean over the runs ± 1 standard error; ticks: single runs."
    notice = notice_of(found.model, found.is_language_model)
    return save_figure(figure, directory, "baselines", caption=caption, notice=notice)


def _means(values: Sequence[Estimate | Printed | None]) -> list[float | None]:
    return [each.mean if each else None for each in values]


def _reaches(values: Sequence[Estimate | Printed | None]) -> list[Reach | None]:
    """One standard error to each side."""
    return [
        (each.mean - each.stderr, each.mean + each.stderr) if each and each.stderr is not None else None
        for each in values
    ]


PROTOCOL = Protocol(
    name="baselines",
    heading="Baselines on learning parity with noise (§5.1)",
    cells=cells,
    result=result,
    tables=tables,
    notes=notes,
    document=document,
    sentence=sentence,
    draw=draw,
)
