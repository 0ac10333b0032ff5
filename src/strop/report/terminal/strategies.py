"""The strategies of a run's improvers, their lineage, and what the gate compared: for people and for programs.

The strategy is told from the improver's text and from what its recorded improvements did; nothing of the record depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from strop.analysis.stats import mean
from strop.analysis.strategy import TOLD_BY, Strategy, behaviours_of, classify
from strop.base.events import Compared, IterationFinished, in_full
from strop.base.solution import digest_of
from strop.report.terminal.documents import StrategyDocument
from strop.report.terminal.tables import fitting, new_table, say
from strop.report.terminal.words import NAMED_BY, escape, quantity
from strop.runs.run_data import RunData
from strop.store import Store


@dataclass(frozen=True)
class Named:
    """What one iteration ended with, and the candidate that it turned down."""

    t: int
    improver: str
    """First digits of its digest."""
    strategy: Strategy
    parent: int | None
    rejected: Strategy | None = None
    """Of the candidate that was rejected; None where there was none, or it was accepted."""
    rejected_improver: str = ""


def named(store: Store, run: RunData) -> list[Named]:
    """Name the improver of each iteration that ended, in order. `run` is what `store` holds."""
    iterations = [in_full(event, run.text) for event in run.iterations]
    texts = {text for each in iterations for text in (each.improver, each.candidate) if text is not None}
    behaviours = behaviours_of((stored.event for stored in store.events(*TOLD_BY)), texts) if texts else {}
    found = {text: classify(text, behaviours.get(text)) for text in sorted(texts)}
    return [_named(each, found) for each in iterations]


def _named(event: IterationFinished, found: Mapping[str, Strategy]) -> Named:
    turned_down = event.candidate is not None and event.candidate != event.improver
    return Named(
        event.t,
        digest_of(event.improver)[:NAMED_BY],
        found[event.improver],
        event.parent,
        found[event.candidate] if turned_down and event.candidate is not None else None,
        digest_of(event.candidate)[:NAMED_BY] if turned_down and event.candidate is not None else "",
    )


def has_lineage(run: RunData) -> bool:
    """Whether parents are drawn from all that came before: with the selection `archive`."""
    return run.recipe.get("selection") == "archive"


def strategy_documents(rows: Iterable[Named]) -> dict[int, StrategyDocument]:
    """The strategy of I_t by t, for programs."""
    return {row.t: _document(row.strategy) for row in rows}


def names_of(rows: Iterable[Named]) -> dict[str, str]:
    """The strategy's name by the first digits of an improver's digest."""
    found = {}
    for row in rows:
        found[row.improver] = row.strategy.name
        if row.rejected is not None:
            found[row.rejected_improver] = row.rejected.name
    return found


def _document(strategy: Strategy) -> StrategyDocument:
    return {"name": strategy.name, "also": list(strategy.also), "why": list(strategy.why)}


def print_strategies(rows: Sequence[Named], console: Console, *, lineage: bool = False) -> None:
    """One row an iteration: the strategy of I_t; below it, in brackets, that of a candidate that was turned down."""
    if not rows:
        return
    headers = ["t", "I_t", *(["from"] if lineage else []), "strategy", "also"]
    table = new_table(*headers, console=console)
    table.columns[-1].no_wrap = False
    for row in rows:
        parent = [] if not lineage else ["-" if row.parent is None else f"t = {row.parent}"]
        table.add_row(str(row.t), row.improver, *parent, row.strategy.name, _also(row.strategy, console))
        if row.rejected is not None:
            name = f"[{row.rejected.name}]"
            table.add_row(
                "", row.rejected_improver, *([""] if lineage else []), Text(name), _also(row.rejected, console)
            )
    console.print(table)
    if any(row.rejected is not None for row in rows):
        say(console, "[name] = rejected candidate")
    last = rows[-1].strategy
    say(console, f"I_{rows[-1].t}: {last.title}: {'; '.join(last.why[:1])}")


def _also(strategy: Strategy, console: Console) -> Text:
    return Text(fitting(console, escape(", ".join(strategy.also), 160)) or "-")


def print_comparisons(events: Iterable[Compared], console: Console) -> None:
    """What the gate compared: pairs, mean difference with its interval, evidence against the threshold, and the cost."""
    comparisons = list(events)
    if not comparisons:
        return
    table = new_table(
        "gate\nt",
        "pairs",
        "mean\ndifference",
        f"{100 * comparisons[0].confidence:.4g}%\ninterval",
        "evi-\ndence",
        "thres-\nhold",
        "accep-\nted",
        "LM\ncalls",
        "evalu-\nations",
        console=console,
    )
    for column in (0, 1, 2, 4, 5, 7, 8):
        table.columns[column].justify = "right"
    for each in comparisons:
        low, high = each.interval
        table.add_row(
            str(each.t),
            f"{len(each.differences)}/{each.most}",
            f"{mean(each.differences):+.3f}" if each.differences else "-",
            f"{low:+.2f} to {high:+.2f}",
            _figure(each.e_value),
            _figure(each.threshold),
            "yes" if each.accepted else "no",
            str(each.lm_calls),
            str(each.evaluations),
        )
    console.print(table)
    for each in comparisons:
        if each.futile:
            say(console, f"t = {each.t}: stopped early: the threshold was hardly in reach any more (futility)")
    calls, evaluations = sum(each.lm_calls for each in comparisons), sum(each.evaluations for each in comparisons)
    cost = f"{quantity(calls, 'LM call')} and {quantity(evaluations, 'evaluation')}"
    ahead = sum(each.pairs - len(each.differences) for each in comparisons)
    more = f" ({quantity(ahead, 'pair')} ran ahead and did not count)" if ahead else ""
    say(console, f"the gate cost {cost}, outside the self-improvements' budgets{more}")


def _figure(value: float) -> str:
    return f"{value:.3g}" if value < 1e4 else f"{value:.0e}"
