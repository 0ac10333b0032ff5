"""Two improvers on the same tasks, with the same budgets: which is better, by how much, and what each spent.

The record is that of a matrix (strop.runs.evaluate) of two improvers. Both meet the same instances of every task, and the
difference is taken on the sealed test split, instance by instance.
The tasks are taken as given: other tasks may say something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from strop.analysis.stats import CrossedDifference, mean, stratified_t_difference
from strop.base.errors import ConfigurationError
from strop.base.events import LmResponded
from strop.base.pluralize import quantity
from strop.runs.evaluate import Cell, Matrix, scope_of
from strop.runs.measurements import Named
from strop.store import Store
from strop.tasks.command.task import shares_jail

LEVEL = 0.05
"""Of the test, beside the 95% interval."""
_SAME_BUDGETS = "Both had the same budgets"
EQUAL_WITHIN = 0.1
"""What one improver may have spent more than the other for the cost to be called equal: a tenth."""


@dataclass(frozen=True)
class Spending:
    """What an improver spent of the budgets that both had."""

    lm_calls: int
    responses: int
    evaluations: int
    tokens: int | None
    """In and out; None where the server did not say."""
    dollars: float | None
    """None where no price is known."""


@dataclass(frozen=True)
class Side:
    """One of the two."""

    name: str
    digest: str
    meta_utility: float
    """û on the sealed test split, the mean of the tasks."""
    spent: Spending
    failed: int
    """Improvements that gave no solution."""


@dataclass(frozen=True)
class Difference:
    """The first improver minus the second, on the sealed test split, in [-1, 1]."""

    task: str
    """Empty for the mean of all tasks."""
    first: float
    second: float
    mean: float
    interval: tuple[float, float] | None
    """95%, for new improvements and new instances of these tasks; None where one copy says nothing about chance."""
    p: float | None
    """Two-sided."""


@dataclass(frozen=True)
class Comparison:
    """What comparing two improvers gave."""

    first: Side
    second: Side
    better: str | None
    """Name of the better one; None where no significant difference was found."""
    difference: Difference
    """Over all tasks."""
    tasks: tuple[Difference, ...]
    """Task by task; no verdict rests on these."""
    copies: int
    """Of each task."""
    model: str
    is_language_model: bool
    verdict: str
    """In one sentence."""
    cost: str
    """What the two improvers spent, in one sentence."""
    share_jail: tuple[str, ...] = ()
    """Tasks whose scorer shares a jail with the program, which could print a score that it has not earned."""

    @property
    def sentence(self) -> str:
        """The verdict and the cost."""
        return f"{self.verdict} {self.cost}"


def check_rivals(improvers: Sequence[Named]) -> None:
    """Two improvers that are to be compared.

    Raises:
        ConfigurationError: they are the same program.
    """
    first, second = improvers
    if first.digest == second.digest:
        raise ConfigurationError(f"{first.name} and {second.name} are the same program: there is nothing to compare")


def comparison(found: Matrix, store: Store) -> Comparison:
    """What a complete matrix of two improvers says of them.

    Raises:
        ValueError: it is not complete.
    """
    if not found.complete:
        raise ValueError("the matrix is not complete")
    rows = [_cells(found, each) for each in found.plan.improvers]
    pairs = list(zip(*rows, strict=True))
    whole = _difference("", pairs)
    each = tuple(_difference(pair[0].task.name, [pair]) for pair in pairs)
    first, second = (_side(cells, store) for cells in rows)
    meta = store.meta
    better = None if not _is_told(whole) else first.name if whole.mean > 0 else second.name
    words = f"{_verdict(whole, first, second, found)}.", f"{_cost(first, second)}."
    model, is_language_model = meta.get("language_model", ""), meta.get("is_language_model") == "true"
    shared = tuple(task.name for task in found.plan.tasks if shares_jail(task))
    return Comparison(first, second, better, whole, each, found.plan.copies, model, is_language_model, *words, shared)


def _cells(found: Matrix, improver: Named) -> list[Cell]:
    return [cell for cell in found.cells if cell.improver.name == improver.name]


def _difference(task: str, pairs: Sequence[tuple[Cell, Cell]]) -> Difference:
    crossed: CrossedDifference = stratified_t_difference([(a.instances, b.instances) for a, b in pairs])
    estimate, interval = crossed.estimate, crossed.estimate.interval
    cut = None if interval is None else (max(-1.0, interval[0]), min(1.0, interval[1]))
    first, second = (mean([mean(cell.values("test")) for cell in cells]) for cells in zip(*pairs, strict=True))
    return Difference(task, first, second, estimate.mean, cut, crossed.p)


def _is_told(found: Difference) -> bool:
    """Whether the difference is more than chance explains."""
    return found.p is not None and found.p < LEVEL and found.mean != 0


def _side(cells: Sequence[Cell], store: Store) -> Side:
    improver = cells[0].improver
    copies = [copy for cell in cells for copy in cell.copies]
    answers = [
        stored.event for cell in cells for stored in store.events(LmResponded, scope=scope_of(cell.task, improver))
    ]
    told = all(each.input_tokens is not None and each.output_tokens is not None for each in answers)
    priced = all(each.cost is not None for each in answers)
    spent = Spending(
        lm_calls=sum(copy.lm_calls for copy in copies),
        responses=len(answers),
        evaluations=sum(copy.utility_calls for copy in copies),
        tokens=sum((each.input_tokens or 0) + (each.output_tokens or 0) for each in answers) if told else None,
        dollars=sum(each.cost or 0 for each in answers) / 1e9 if priced else None,
    )
    value = mean([mean(cell.values("test")) for cell in cells])
    return Side(improver.name, improver.digest, value, spent, sum(copy.outcome != "ok" for copy in copies))


def _verdict(whole: Difference, first: Side, second: Side, found: Matrix) -> str:
    names = [task.name for task in found.plan.tasks]
    where = f"on the sealed instances of {_listed(names)}, {quantity(found.plan.copies, 'copy')} of each"
    if not _is_told(whole):
        said = "No claim on" if whole.p is None else "No significant difference between"
        between = f"{said} {first.name} and {second.name}: {whole.mean:+.3f}"
        return f"{between}{_interval(whole)} {where}{_chance(whole)}"
    better, worse = (first, second) if whole.mean > 0 else (second, first)
    return (
        f"Better: {better.name} beats {worse.name} by {abs(whole.mean):.3f}{_interval(whole, whole.mean < 0)} {where}"
    )


def _interval(found: Difference, turned: bool = False) -> str:
    if found.interval is None:
        return ""
    low, high = found.interval
    low, high = (-high, -low) if turned else (low, high)
    return f" (95% interval {low:+.3f} to {high:+.3f})"


def _chance(found: Difference) -> str:
    if found.p is None:
        return "; one copy says nothing about chance"
    return f"; chance alone would do this with p = {found.p:.2g}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _cost(first: Side, second: Side) -> str:
    """Whether the cost was equal: both had the same budgets, and may have spent them differently."""
    one, other = first.spent, second.spent
    each: list[tuple[str, float | None, float | None]] = [
        ("LM calls", one.lm_calls, other.lm_calls),
        ("responses", one.responses, other.responses),
        ("evaluations", one.evaluations, other.evaluations),
        ("tokens", one.tokens, other.tokens),
        ("dollars", one.dollars, other.dollars),
    ]
    more: dict[str, list[str]] = {first.name: [], second.name: []}
    for what, a, b in each:
        if a is None or b is None or max(a, b) <= min(a, b) * (1 + EQUAL_WITHIN):
            continue
        name = first.name if a > b else second.name
        more[name].append(f"{_figure(max(a, b), what)} {what} against {_figure(min(a, b), what)}")
    unequal = [f"{name} spent more: {', '.join(words)}" for name, words in more.items() if words]
    return f"{_SAME_BUDGETS} and spent about the same" if not unequal else f"{_SAME_BUDGETS}; " + "; ".join(unequal)


def _figure(value: float, what: str) -> str:
    return f"{value:.2g}" if what == "dollars" else f"{value:,.0f}"
