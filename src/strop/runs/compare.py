"""Two improvers on the same tasks, with the same budgets: which is better, by how much, and what each spent.

The record is a matrix (strop.runs.evaluate) of two improvers. Both get the same instances of every task, and differences are
taken on the sealed split, instance by instance. The verdict holds for these tasks; others may differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from strop.analysis.stats import Estimate, decided, mean, score_difference, too_few
from strop.base.errors import ConfigurationError
from strop.base.events import LmResponded
from strop.base.pluralize import quantity
from strop.runs.claims import doubted, where_measured
from strop.runs.evaluate import Cell, Matrix, scope_of, shared_because
from strop.runs.measurements import Named
from strop.store import Store

_SAME_BUDGETS = "Both had the same budgets"
EQUAL_WITHIN = 0.1
"""Costs that differ by at most this share are called equal."""


@dataclass(frozen=True)
class Spending:
    """What an improver spent of its budget."""

    lm_calls: int
    responses: int
    evaluations: int
    tokens: int | None
    """In and out; None if the server did not count them."""
    dollars: float | None
    """None if no price is known."""


@dataclass(frozen=True)
class Side:
    """One of the two improvers."""

    name: str
    digest: str
    meta_utility: float
    """û on the sealed split, the mean of the tasks."""
    spent: Spending
    failed: int
    """Improvements without a solution."""


@dataclass(frozen=True)
class Difference:
    """The first improver minus the second on the sealed split, in [-1, 1]."""

    task: str
    """Empty for the mean of all tasks."""
    first: float
    second: float
    mean: float
    interval: tuple[float, float] | None
    """95%, over new improvements, on these sealed instances."""


@dataclass(frozen=True)
class Comparison:
    """The result of comparing two improvers."""

    first: Side
    second: Side
    better: str | None
    """Name of the better one; None without a significant difference."""
    difference: Difference
    """Over all tasks."""
    tasks: tuple[Difference, ...]
    """Task by task; the verdict does not use them."""
    copies: int
    """Of each task."""
    model: str
    is_language_model: bool
    verdict: str
    """In one sentence."""
    cost: str
    """What the two improvers spent, in one sentence."""
    shared_because: Mapping[str, str] = field(default_factory=dict)
    """Task → why its programs could have made their scores themselves, in words; only such tasks."""

    @property
    def sentence(self) -> str:
        """The verdict and the cost."""
        return f"{self.verdict} {self.cost}"


def check_rivals(improvers: Sequence[Named]) -> None:
    """Raises ConfigurationError if two improvers to compare are the same program."""
    first, second = improvers
    if first.digest == second.digest:
        raise ConfigurationError(f"{first.name} and {second.name} are the same program: there is nothing to compare")


def comparison(matrix: Matrix, store: Store) -> Comparison:
    """The comparison of the two improvers of a complete matrix; an incomplete one raises ValueError."""
    if not matrix.complete:
        raise ValueError("the matrix is not complete")
    rows = [_cells(matrix, improver) for improver in matrix.plan.improvers]
    pairs = list(zip(*rows, strict=True))
    whole, change = _difference("", pairs), _change(pairs)
    by_task = tuple(_difference(pair[0].task.name, [pair]) for pair in pairs)
    first, second = (_side(cells, store) for cells in rows)
    meta = store.meta
    shown = decided(change)
    own = shared_because(matrix)
    better = None if not shown or own else first.name if shown > 0 else second.name
    words = doubted(f"{_verdict(change, first, second, matrix)}.", own), f"{_cost(first, second)}."
    model, is_language_model = meta.get("language_model", ""), meta.get("is_language_model") == "true"
    return Comparison(
        first,
        second,
        better,
        whole,
        by_task,
        matrix.plan.copies,
        model,
        is_language_model,
        *words,
        own,
    )


def _cells(matrix: Matrix, improver: Named) -> list[Cell]:
    return [cell for cell in matrix.cells if cell.improver.name == improver.name]


def _difference(task: str, pairs: Sequence[tuple[Cell, Cell]]) -> Difference:
    first, second = (mean([mean(cell.values("test")) for cell in cells]) for cells in zip(*pairs, strict=True))
    change = _change(pairs)
    return Difference(task, first, second, change.mean, change.interval)


def _change(pairs: Sequence[tuple[Cell, Cell]]) -> Estimate:
    """The first minus the second. One observation is a copy of each."""
    first, second = ([value for cell in cells for value in cell.values("test")] for cells in zip(*pairs, strict=True))
    return score_difference(first, second)


def _side(cells: Sequence[Cell], store: Store) -> Side:
    improver = cells[0].improver
    copies = [copy for cell in cells for copy in cell.copies]
    answers = [
        stored.event for cell in cells for stored in store.events(LmResponded, scope=scope_of(cell.task, improver))
    ]
    counted = all(answer.input_tokens is not None and answer.output_tokens is not None for answer in answers)
    priced = all(answer.cost is not None for answer in answers)
    spent = Spending(
        lm_calls=sum(copy.lm_calls for copy in copies),
        responses=len(answers),
        evaluations=sum(copy.utility_calls for copy in copies),
        tokens=sum((answer.input_tokens or 0) + (answer.output_tokens or 0) for answer in answers) if counted else None,
        dollars=sum(answer.cost or 0 for answer in answers) / 1e9 if priced else None,
    )
    value = mean([mean(cell.values("test")) for cell in cells])
    return Side(improver.name, improver.digest, value, spent, sum(copy.outcome != "ok" for copy in copies))


def _verdict(whole: Estimate, first: Side, second: Side, matrix: Matrix) -> str:
    names = [task.name for task in matrix.plan.tasks]
    where = f"{where_measured(names, matrix.repeats)}, {quantity(matrix.plan.copies, 'copy')} of each"
    if not decided(whole):
        between = f"No significant difference between {first.name} and {second.name}: {whole.mean:+.3f}"
        few = too_few(whole, "copy")
        return f"{between}{_interval(whole)} {where}" + (f"; {few}" if few else "")
    better, worse = (first, second) if whole.mean > 0 else (second, first)
    return (
        f"Better: {better.name} beats {worse.name} by {abs(whole.mean):.3f}{_interval(whole, whole.mean < 0)} {where}"
    )


def _interval(difference: Estimate, negated: bool = False) -> str:
    if difference.interval is None:
        return ""
    low, high = difference.interval
    low, high = (-high, -low) if negated else (low, high)
    return f" (95% interval {low:+.3f} to {high:+.3f})"


def _cost(first: Side, second: Side) -> str:
    """Whether both spent about the same of their equal budgets."""
    one, other = first.spent, second.spent
    costs: list[tuple[str, float | None, float | None]] = [
        ("LM calls", one.lm_calls, other.lm_calls),
        ("responses", one.responses, other.responses),
        ("evaluations", one.evaluations, other.evaluations),
        ("tokens", one.tokens, other.tokens),
        ("dollars", one.dollars, other.dollars),
    ]
    more: dict[str, list[str]] = {first.name: [], second.name: []}
    for what, a, b in costs:
        if a is None or b is None or max(a, b) <= min(a, b) * (1 + EQUAL_WITHIN):
            continue
        name = first.name if a > b else second.name
        more[name].append(f"{_figure(max(a, b), what)} {what} against {_figure(min(a, b), what)}")
    unequal = [f"{name} spent more: {', '.join(words)}" for name, words in more.items() if words]
    return f"{_SAME_BUDGETS} and spent about the same" if not unequal else f"{_SAME_BUDGETS}; " + "; ".join(unequal)


def _figure(value: float, what: str) -> str:
    return f"{value:.2g}" if what == "dollars" else f"{value:,.0f}"
