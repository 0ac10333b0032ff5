"""Figure 1 and §6.1: the shipped strategies at equal budget on learning parity with noise, and what the model itself proposes.

(a) Every shipped improver is measured with the same seeds as the seed improver and compared with it, adjusted for the number of
strategies. (b) The model answers the seed improver's own request about itself many times, and the strategy of each program is
named. The paper shows strategies that GPT-4 proposed, without frequencies, and calls beam search the most common.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated

from strop.analysis.stats import Estimate, score_estimate, wilson_interval
from strop.analysis.strategy import VOCABULARY
from strop.report.chart import Chart, Point, Series
from strop.report.terminal.words import quantity
from strop.reproduce.cells import Cell, Documents
from strop.reproduce.evaluations import (
    SEED,
    AgainstSeed,
    against_seed,
    against_seed_words,
    calls_of,
    cells_of,
    measured_of,
    pooled,
    working,
)
from strop.reproduce.protocol import Hidden, Protocol, Result, model_of
from strop.reproduce.tables import Table, percent, span
from strop.runs.options import Whole
from strop.runs.results.measured import Measurement
from strop.runs.spec import shipped_improvers

TASK = "lpn"
Named = tuple[tuple[str, tuple[str, ...]], ...]
"""(strategy, other traits) of each proposal."""

NAMED_BY_PAPER = frozenset(
    name for name, kind in VOCABULARY.items() if kind.paper.startswith(("§6.1", "Figure 5", "B."))
)
"""Strategies that the paper shows as GPT-4's own."""
TEXTBOOK_NOTE = (
    "(b) shows what the built-in proposer's textbook holds and how it draws from it, not what a model proposes."
)


@dataclass(frozen=True)
class Row:
    """One shipped strategy."""

    improver: str
    test: Estimate
    """Mean test û with a 95% interval."""
    values: tuple[float, ...]
    """Test û of each run."""
    difference: AgainstSeed | None
    """Against the seed improver; None for the seed improver itself."""
    working: int
    """Copies whose solution does not fail."""
    copies: int
    lm_calls: float
    """Mean of an improvement."""
    evaluations: float
    """Mean utility calls of an improvement."""


@dataclass(frozen=True)
class Share:
    """How often one strategy was proposed."""

    strategy: str
    count: int
    n: int
    """All proposals."""
    also: int
    """Proposals of another strategy that show traits of this one too."""

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95% interval of the rate."""
        return wilson_interval(self.count, self.n)

    @property
    def named_by_paper(self) -> bool:
        return self.strategy in NAMED_BY_PAPER


def shares(named: Sequence[tuple[str, Sequence[str]]]) -> tuple[Share, ...]:
    """How often each strategy is named, the most frequent first."""
    counts = Counter(name for name, _ in named)
    also = Counter(trait for name, traits in named for trait in set(traits) & set(VOCABULARY) if trait != name)
    unordered = [Share(name, counts[name], len(named), also[name]) for name in counts | also]
    return tuple(sorted(unordered, key=lambda share: (-share.count, -share.also, share.strategy)))


@dataclass(frozen=True)
class StrategiesResult(Result):
    """Both parts."""

    runs: int
    rows: tuple[Row, ...]
    """The best first."""
    shares: tuple[Share, ...]
    """The most frequent first."""

    def sentence(self) -> str:
        differences = [(row.improver, row.difference) for row in self.rows if row.difference is not None]
        sentences = [against_seed_words(differences, f"test û on {TASK}, {quantity(self.runs, 'run')}")]
        if most := next((share for share in self.shares if share.strategy in VOCABULARY), None):
            proposer = "The model" if self.is_language_model else "The built-in proposer"
            sentences.append(f"{proposer} proposes {most.strategy} most often: {most.count} of {most.n} improvements.")
        return " ".join(sentences)

    def notes(self) -> list[str]:
        notes = [
            f"(a) {quantity(self.runs, 'run')}. Mean test û with 95% intervals over the copies, for the "
            "instances that were drawn. vs seed: the difference from the seed improver with the same seeds; the intervals of "
            "the differences hold together. ok: copies whose solution does not fail. The "
            "budgets are equal; LM and u are the mean calls that an improvement makes.",
            "(b) Independent answers to the seed improver's request about itself; the strategy is read off the program's "
            "syntax; Wilson 95% intervals. also: programs of another strategy that show traits of this one. *: named by the "
            "paper (Figures 1 and 5, §6.1, Appendix B), which gives no frequencies and calls beam search the most common.",
        ]
        return notes if self.is_language_model else [*notes, TEXTBOOK_NOTE]

    def tables(self) -> list[Table]:
        """(a) what the shipped strategies reach, (b) what the model proposes."""
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
        proposed = tuple(
            (
                share.strategy + ("*" if share.named_by_paper else ""),
                str(share.count),
                percent(share.count / share.n),
                span(share.interval),
                str(share.also),
            )
            for share in self.shares
        )
        proposals = quantity(self.shares[0].n if self.shares else 0, "improvement")
        headings = ("improver", "û %", "95%", "vs seed", "95%", "ok", "LM", "u")
        title = f"(b) What the model proposes: {proposals} of the seed improver"
        return [
            Table(headings, reached, "(a) Shipped strategies at equal budget"),
            Table(("strategy", "count", "%", "95%", "also"), proposed, title),
        ]

    def document(self) -> dict[str, object]:
        return {
            "task": TASK,
            "runs": self.runs,
            "strategies": [asdict(row) for row in self.rows],
            "proposals": [
                {**asdict(share), "interval": share.interval, "named_by_paper": share.named_by_paper}
                for share in self.shares
            ],
        }

    def chart(self) -> tuple[Chart, str]:
        """The shipped strategies by their test û."""
        points = [Point(row, one.test.mean, *(one.test.interval or ())) for row, one in enumerate(self.rows)]
        chart = Chart([Series("", points)], "", "test û on lpn", names=[row.improver for row in self.rows])
        return chart, "Shipped strategies at equal budget, with 95% intervals."


def _against(difference: AgainstSeed | None) -> tuple[str, str]:
    if difference is None:
        return "-", "-"
    return percent(difference.mean, signed=True), span(difference.interval, signed=True)


@dataclass(frozen=True, kw_only=True)
class Strategies(Protocol):
    """Figure 1 and §6.1."""

    name = "strategies"
    heading = "Strategies: what they reach, what the model proposes (Figure 1, §6.1)"

    runs: Whole = 5
    """Measurements of each strategy, every one with instances of its own."""
    n: Whole = 200
    """Improvements of the seed improver to ask the model for. A finished directory continues to a larger n."""
    named: Annotated[Named, Hidden] = ()
    """The proposals of the model, which `strop.reproduce.proposals` asks for."""

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
        return StrategiesResult(*model_of(documents), len(evaluations), tuple(rows), shares(self.named))


def _row(name: str, evaluations: Sequence[Measurement], difference: AgainstSeed | None) -> Row:
    return Row(
        improver=name,
        test=score_estimate(pooled(evaluations)),
        values=tuple(cell.test.mean for cell in evaluations),
        difference=difference,
        working=sum(len(working(cell)) for cell in evaluations),
        copies=len(pooled(evaluations)),
        **calls_of(evaluations),
    )
