"""The sentences about improvers whose meta-utility û was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from strop.analysis.stats import Estimate, decided, too_few
from strop.base.pluralize import quantity
from strop.base.terminal_text import escape
from strop.runs.claims.numbers import by_how_much, signed, turned
from strop.runs.claims.several import against_seed_words
from strop.runs.claims.where import better_words, own_score_words, where_measured
from strop.runs.results.measured import Difference, Measured, Measurement

EQUAL_WITHIN = 0.1
"""Costs that differ by at most this share are called equal."""
SEED = "the seed improver"


def measured_words(measured: Measured) -> str:
    """The conclusion of `strop eval`: who is better, and of two that are compared, who spent more."""
    if not measured.complete:
        return f"Unfinished: {len(measured.cells)} of {quantity(measured.wanted, 'measurement')} done."
    digests = {cell.improver: cell.digest for cell in measured.cells}
    if measured.kind == "compare" and len({*digests.values()}) == 1:
        return _of_chance(measured)
    if measured.kind == "compare":
        return f"{_of_one(measured.differences[0], measured)} {_cost(measured)}"
    rows = [row for row in measured.differences if digests[row.improver] != digests[row.against]]
    if not rows:
        return "Nothing to compare: only the seed improver was measured."
    return _of_one(rows[0], measured) if len(rows) == 1 else _of_several(rows, measured)


def contest(name: str, other: str, change: Estimate, where: str, own_scores: Mapping[str, str]) -> str:
    """Which of two improvers is better, by how much, `where`; without a full stop. `change`: the first minus the other.
    `own_scores`: task → why its score is the program's own."""
    shown = decided(change)
    if not shown:
        few = too_few(change, "copy")
        words = f"No significant difference between {name} and {other}: {signed(change)} in û, {where}"
        return f"{words}; {few}" if few else words
    verdict = f"{better_words(own_scores)}: {name} beats" if shown > 0 else f"Worse: {name} is worse than"
    return f"{verdict} {other} by {by_how_much(change)} in û, {where}{own_score_words(own_scores)}"


def short_name(improver: str, improvers: Sequence[str]) -> str:
    """A name for people: of a file its last parts, as many as distinguish it from the others."""
    if not improver.endswith(".py"):
        return escape(improver, 60)
    parts = Path(improver).parts
    others = [Path(other).parts for other in improvers if other != improver]
    length = next((n for n in range(1, len(parts)) if all(other[-n:] != parts[-n:] for other in others)), len(parts))
    return escape("/".join(parts[-length:]), 60)


def _of_one(row: Difference, measured: Measured) -> str:
    first, other = (short_name(name, measured.improvers) for name in (row.improver, row.against))
    other = SEED if measured.kind == "eval" else other
    change = Estimate(row.mean, row.stderr, row.n, row.interval)
    if measured.kind == "compare" and decided(change) < 0:  # neither is the one to be improved
        first, other, change = other, first, turned(change)
    tasks = [row.task] if row.task else measured.tasks
    copies = f"{quantity(measured.copies, 'copy')}{' of each' if len(tasks) > 1 else ''}"
    where = f"{where_measured(tasks, measured.repeats)}, {copies}"
    return f"{contest(first, other, change, where, measured.own_score_because)}."


def _of_chance(measured: Measured) -> str:
    """How far two measurements of one program differ."""
    row, name = measured.differences[0], short_name(measured.improvers[0], measured.improvers)
    where = f"{where_measured(measured.tasks, measured.repeats)}, {quantity(measured.copies, 'copy')} of each"
    change = Estimate(row.mean, row.stderr, row.n, row.interval)
    return f"By chance alone, two measurements of {name} differ by {signed(change)} in û, {where}."


def _of_several(rows: Sequence[Difference], measured: Measured) -> str:
    differences = [(f"{short_name(row.improver, measured.improvers)} on {row.task}", row) for row in rows]
    how = f"95% intervals, all {len(rows)} together"
    return against_seed_words(
        differences, how, "measurements", lambda row: f"{row.mean:+.3f}", measured.own_score_because
    )


def _cost(measured: Measured) -> str:
    """Whether the two improvers spent about the same of their equal budgets."""
    more: dict[str, list[str]] = {name: [] for name in measured.improvers}
    for field in ("lm_calls", "responses", "evaluations", "tokens", "dollars"):
        spent = {name: _spent(measured, name, field) for name in measured.improvers}
        known = [value for value in spent.values() if value is not None]
        if len(known) == len(spent) and max(known) > min(known) * (1 + EQUAL_WITHIN):
            most, least = (_figure(value, field) for value in (max(known), min(known)))
            more[max(spent, key=lambda name: spent[name] or 0)].append(
                f"{most} {field.replace('lm_', 'LM ')} against {least}"
            )
    unequal = [f"{name} spent more: {', '.join(words)}" for name, words in more.items() if words]
    return f"Both had the same budgets{'; ' + '; '.join(unequal) if unequal else ' and spent about the same'}."


def spent_on(cells: Sequence[Measurement], field: str) -> float | None:
    """The sum of a cost over some cells; None if it is unknown of one."""
    values = [getattr(cell, field) for cell in cells]
    return None if None in values else sum(values)


def _spent(measured: Measured, improver: str, field: str) -> float | None:
    return spent_on([cell for cell in measured.cells if cell.improver == improver], field)


def _figure(value: float, field: str) -> str:
    return f"{value:.2g}" if field == "dollars" else f"{value:,.0f}"
