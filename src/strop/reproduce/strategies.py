"""Figure 1 and §6.1: the shipped strategies at equal budget on learning parity with noise, beside what the model itself proposes.

(a) Every shipped improver is measured with the same seeds as the seed improver, and compared with it, adjusted for the number of
strategies. (b) The seed improver's own request about itself is answered many times, and the strategy of each program is named.
The paper shows strategies that GPT-4 proposed and gives no frequencies; it calls beam search the most common.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from strop.analysis.stats import Estimate, wilson_interval
from strop.analysis.strategy import VOCABULARY
from strop.report.figures.dots import dots, lines
from strop.report.figures.figure import PAGE, house_style, new_figure, save_figure
from strop.report.terminal.words import notice_of, quantity
from strop.reproduce.cells import Cell, Document, cell_of
from strop.reproduce.pages import Table, chance, percent, span
from strop.reproduce.protocol import Documents, Options, Protocol, measuring, model_of
from strop.reproduce.values.comparisons import AgainstSeed, against_seed, against_seed_words
from strop.reproduce.values.evaluations import SEED, Copies, bounded, copies_of, units
from strop.runs.spec import shipped_improvers

TASK = "lpn"
RUNS = 5
PROPOSALS = 200

NAMED_BY_PAPER = frozenset(
    name for name, kind in VOCABULARY.items() if kind.paper.startswith(("§6.1", "Figure 5", "B."))
)
"""Strategies that the paper shows as GPT-4's own."""


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
    """Copies whose solution did not error."""
    copies: int
    lm_calls: float
    """An improvement's, in the mean."""
    evaluations: float
    """Utility calls of an improvement, in the mean."""


@dataclass(frozen=True)
class Share:
    """How often one strategy was proposed."""

    strategy: str
    count: int
    n: int
    """Proposals in all."""
    also: int
    """Proposals of another strategy that show this one's traits too."""

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95% interval of the rate."""
        return wilson_interval(self.count, self.n)


@dataclass(frozen=True)
class Strategies:
    """Both parts, for one model."""

    model: str
    is_language_model: bool
    runs: int
    rows: tuple[Row, ...]
    """The best first."""
    shares: tuple[Share, ...]
    """The most frequent first."""


def cells(options: Options) -> list[Cell]:
    """One evaluation a run: every shipped improver with the same seed, so that all share the seed improver's measurement."""
    names = [name for name in shipped_improvers() if name != SEED]
    return [cell_of("eval", *names, "--task", TASK, "--seed", str(seed), *measuring(options)) for seed in options.seeds]


def result(documents: Documents, named: Sequence[tuple[str, Sequence[str]]]) -> Strategies:
    """Both parts, from one evaluation a run and from (strategy, other traits) of each proposal.

    Raises:
        StoreError: a document does not hold what it must.
    """
    ordered = list(documents.values())
    improvers = _improvers(ordered[0])
    measured = {name: [copies_of(document, TASK, name) for document in ordered] for name in improvers}
    others = [name for name in improvers if name != SEED]
    differences = dict(zip(others, against_seed([(measured[name], measured[SEED]) for name in others]), strict=True))
    rows = [_row(name, measured[name], differences.get(name)) for name in improvers]
    rows.sort(key=lambda row: (-row.test.mean, row.improver))
    return Strategies(*model_of(documents), len(ordered), tuple(rows), shares(named))


def _improvers(document: Document) -> list[str]:
    return list(dict.fromkeys([SEED, *(str(cell["improver"]) for cell in document["cells"])]))


def _row(name: str, evaluations: Sequence[Copies], difference: AgainstSeed | None) -> Row:
    copies = sum(len(each.test) for each in evaluations)
    return Row(
        improver=name,
        test=bounded(units(evaluations)),
        values=tuple(sum(each.test) / len(each.test) for each in evaluations),
        difference=difference,
        working=sum(len(each.working) for each in evaluations),
        copies=copies,
        lm_calls=sum(each.lm_calls for each in evaluations) / copies,
        evaluations=sum(each.evaluations for each in evaluations) / copies,
    )


def shares(named: Sequence[tuple[str, Sequence[str]]]) -> tuple[Share, ...]:
    """How often each strategy is named, the most frequent first."""
    counts = Counter(name for name, _ in named)
    also = Counter(trait for name, traits in named for trait in set(traits) & set(VOCABULARY) if trait != name)
    found = [Share(name, counts[name], len(named), also[name]) for name in counts | also]
    return tuple(sorted(found, key=lambda share: (-share.count, -share.also, share.strategy)))


def sentence(found: Strategies) -> str:
    """Which strategies are better than the seed improver, and which one the model proposes most often."""
    differences = [(row.improver, row.difference) for row in found.rows if row.difference is not None]
    said = [against_seed_words(differences, f"test û on {TASK}, {quantity(found.runs, 'run')}")]
    named = [share for share in found.shares if share.strategy in VOCABULARY]
    if named:
        most, asked = named[0], "The model" if found.is_language_model else "The built-in proposer"
        said.append(f"{asked} proposes {most.strategy} most often: {most.count} of {most.n} improvements.")
    return " ".join(said)


def notes(found: Strategies) -> list[str]:
    """What the figures are."""
    paragraphs = [
        f"(a) {quantity(found.runs, 'run')}. Mean test û with 95% intervals (Student's t, cut "
        "to 0 and 100): over the runs where there are three or more, otherwise over the copies. vs seed: the "
        "difference to the seed improver with the same seeds; p by the sign-flip test over paired copies, adjusted "
        "for the number of strategies by Holm (any false claim) and by Benjamini and Hochberg (share of false "
        "claims). ok: copies whose solution does not error. The budgets are equal; LM and u are the calls that an "
        "improvement makes of them, in the mean.",
        "(b) Independent answers to the seed improver's request about itself; the strategy is read off the "
        "program's syntax; Wilson 95% intervals. also: programs of another strategy that show this one's traits. "
        "*: named by the paper (Figures 1 and 5, §6.1, Appendix B), which gives no frequencies and calls beam "
        "search the most common.",
    ]
    return paragraphs if found.is_language_model else [*paragraphs, TEXTBOOK_NOTE]


TEXTBOOK_NOTE = (
    "What (b) shows here is what the built-in proposer's textbook holds and how it draws from it, not what any language "
    "model proposes."
)


def tables(found: Strategies) -> list[Table]:
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
        for row in found.rows
    )
    proposed = tuple(
        (
            share.strategy + ("*" if share.strategy in NAMED_BY_PAPER else ""),
            str(share.count),
            percent(share.count / share.n),
            span(share.interval),
            str(share.also),
        )
        for share in found.shares
    )
    n = found.shares[0].n if found.shares else 0
    above = ("improver", "û %", "95%", "vs seed", "p Holm", "p BH", "ok", "LM", "u")
    return [
        Table(above, reached, "(a) Shipped strategies at equal budget"),
        Table(
            ("strategy", "count", "%", "95%", "also"),
            proposed,
            f"(b) What the model proposes: {quantity(n, 'improvement')} of the seed improver",
        ),
    ]


def _against(difference: AgainstSeed | None) -> tuple[str, str, str]:
    if difference is None:
        return "-", "-", "-"
    return percent(difference.mean, signed=True), chance(difference.p_holm), chance(difference.p_bh)


def document(found: Strategies) -> dict[str, object]:
    """Both parts as data; fractions, not percent."""
    return {
        "task": TASK,
        "runs": found.runs,
        "strategies": [asdict(row) for row in found.rows],
        "proposals": [
            {**asdict(share), "interval": share.interval, "named_by_paper": share.strategy in NAMED_BY_PAPER}
            for share in found.shares
        ],
    }


def draw(found: Strategies, directory: Path) -> list[Path]:
    """strategies.svg and strategies.png: (a) a sorted dot plot, (b) bars of how often each strategy is proposed."""
    most = max(len(found.rows), len(found.shares), 4)
    figure, (left, right) = new_figure(PAGE, 1.1 + 0.17 * most, columns=2)
    with house_style():
        places = range(len(found.rows))
        dots(left, places, [row.test.mean for row in found.rows], [row.test.interval for row in found.rows], 0, "here")
        seed = next((row.test.mean for row in found.rows if row.improver == SEED), None)
        if seed is not None:
            left.axvline(seed, color="0.35", linewidth=0.7, linestyle="--", zorder=1.5)
        lines(left, [row.improver for row in found.rows])
        left.set_title("(a) shipped strategies, equal budget", loc="left")
        left.set_xlabel("test û on lpn (dashed: seed improver)")
        _bars(right, found.shares)
    caption = (
        "95% intervals: (a) Student's t, (b) Wilson. Hatched: named by the paper (Figures 1 and 5, §6.1, Appendix B)."
    )
    notice = notice_of(found.model, found.is_language_model)
    return save_figure(figure, directory, "strategies", caption=caption, notice=notice)


def _bars(axes: Axes, found: Sequence[Share]) -> None:
    for place, share in enumerate(found):
        rate, (low, high) = share.count / share.n, share.interval
        named = share.strategy in NAMED_BY_PAPER
        axes.barh(
            place,
            rate,
            0.7,
            xerr=[[max(rate - low, 0.0)], [max(high - rate, 0.0)]],
            color="white" if named else "0.45",
            edgecolor="black",
            hatch="////" if named else "",
            linewidth=0.7,
            error_kw={"elinewidth": 0.9, "capsize": 1.8, "capthick": 0.8, "ecolor": "black"},
        )
    lines(axes, [share.strategy for share in found])
    axes.set_xlim(left=0.0)
    axes.set_title("(b) what the model proposes", loc="left")
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlabel("share of its improvements")


def protocol(named: Sequence[tuple[str, Sequence[str]]]) -> Protocol[Options, Strategies]:
    """The protocol with (strategy, other traits) of each proposal."""
    return Protocol(
        name="strategies",
        heading="Strategies: what they reach, what the model proposes (Figure 1, §6.1)",
        cells=cells,
        result=lambda options, documents: result(documents, named),
        tables=tables,
        notes=notes,
        document=document,
        sentence=sentence,
        draw=draw,
    )
