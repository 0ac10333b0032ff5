"""The sentences about improvers whose meta-utility û was measured: one against another, or several beside the seed improver."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from strop.analysis.stats import Estimate, decided, least_copies, least_pairs
from strop.base.pluralize import quantity
from strop.base.terminal_text import escape
from strop.runs.claims.numbers import by_how_much, money, signed, too_few, turned
from strop.runs.results.measured import AGAIN, Difference, Measured, Measurement, OverTasks

EQUAL_WITHIN = 0.1
"""Costs that differ by at most this share are called equal."""
LEVEL = 0.05
"""The share of results in which an interval of a difference may miss; each of several intervals has an equal part of it
(Bonferroni)."""
SEED = "the seed improver"
_NAMED = 3
"""How many improvers a sentence names; it counts the others."""
Differences: TypeAlias = Sequence[tuple[str, Estimate]]  # by name, with intervals that hold together


def where_measured(tasks: Sequence[str], chosen: Collection[str]) -> str:
    """`on the held-out instances of a and b`; tasks in `chosen` choose their inputs themselves."""
    held_out = [name for name in tasks if name not in chosen]
    others = [name for name in tasks if name in chosen]
    parts = [f"on the held-out instances of {_listed(held_out)}"] if held_out else []
    return ", and ".join([*parts, *([f"in evaluations of {_listed(others)}"] if others else [])])


def _listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def better_words(own_scores: Mapping[str, str]) -> str:
    """`Better`, or `By their own scores` if programs of a task compute their score themselves."""
    return "By their own scores" if own_scores else "Better"


def own_score_words(own_scores: Mapping[str, str]) -> str:
    """The end of a sentence that names a task whose score is the program's own, and why; empty if there is none."""
    return next((f"; on {name} {reason}" for name, reason in own_scores.items()), "")


def contest(
    name: str, other: str, change: Estimate, where: str, own_scores: Mapping[str, str], unit: str = "copies"
) -> str:
    """A sentence, without a full stop, that says which of two improvers is better, by how much, and `where`.

    `change` is the first minus the other, over `copies` or paired `runs`. `own_scores` maps tasks to why their score is the
    program's own.
    """
    sign = decided(change)
    if not sign:
        few = too_few(change, unit, least_copies() if unit == "copies" else least_pairs())
        sentence = f"No significant difference between {name} and {other}: {signed(change)} in û, {where}"
        return f"{sentence}; {few}" if few else sentence
    verdict = f"{better_words(own_scores)}: {name} beats" if sign > 0 else f"Worse: {name} is worse than"
    return f"{verdict} {other} by {by_how_much(change)} in û, {where}{own_score_words(own_scores)}"


def in_points(difference: Estimate) -> str:
    """`+3.2 points`."""
    return f"{100 * difference.mean:+.1f} points"


def significant(differences: Differences) -> tuple[Differences, Differences]:
    """(the significantly better, the significantly worse), each with the largest difference first."""
    better = sorted((one for one in differences if decided(one[1]) > 0), key=lambda one: -one[1].mean)
    return better, sorted((one for one in differences if decided(one[1]) < 0), key=lambda one: one[1].mean)


def against_seed_words(
    differences: Differences,
    on: str,
    others: str = "others",
    size: Callable[[Estimate], str] = in_points,
    own_scores: Mapping[str, str] = MappingProxyType({}),
    first: str = SEED,
) -> str:
    """Sentences that say which improvers are better than the `first` one, and which are worse.

    `on` says where they were measured: `held-out û on lpn, 5 runs`. `own_scores` maps tasks to why their score is the program's
    own.
    """
    by_size = sorted(differences, key=lambda difference: -abs(difference[1].mean))
    rows = [(f"{name} ({size(one)})", decided(one)) for name, one in by_size]
    return _beside_words(rows, on, others, own_scores, first, too_few_words(differences))


def _beside_words(
    rows: Sequence[tuple[str, int]], on: str, others: str, own_scores: Mapping[str, str], first: str, few: str = ""
) -> str:
    """As `against_seed_words`, for rows of an improver in words and 1 if it is better, -1 if it is worse, else 0."""
    better, parts = "By their own scores better" if own_scores else "Better", []
    for verdict, side, end in ((better, 1, own_score_words(own_scores)), ("Worse", -1, "")):
        if on_side := [name for name, decided_as in rows if decided_as == side]:
            parts.append(f"{verdict} than {first} ({on}): {_some(on_side)}{end}.")
    if not parts:
        return f"No significant difference between {first} and any of {len(rows)} {others} ({on}){few}."
    rest = sum(not decided_as for _, decided_as in rows)
    return " ".join(parts + [f"No significant difference: {rest} of {len(rows)}."] * (rest > 0))


def named(differences: Differences) -> str:
    """`greedy iterative (+3.2 points), best of n (+1.0 points) and 2 more`."""
    return _some([f"{name} ({in_points(one)})" for name, one in differences])


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


def too_few_words(differences: Differences) -> str:
    """The end of a sentence where there are too few copies for any claim; else empty."""
    if any(one.interval for _, one in differences):
        return ""
    return f"; at least {least_copies(1 - LEVEL / max(len(differences), 1))} copies are needed to show a difference"


def measured_words(measured: Measured) -> str:
    """The conclusion of `strop eval`: which improver is better, which of two spent more, and which costs are unknown."""
    if not measured.complete:
        return f"Unfinished: {len(measured.cells)} of {quantity(measured.wanted, 'measurement')} done."
    if measured.over_runs:
        sentence = _over_runs(measured)
    elif measured.is_of_tasks:
        sentence = _over_tasks(measured)
    else:
        sentence = f"{_over_copies(measured)}{_of_these_tasks(measured)}"
    return f"{sentence} {measured.unknown}." if measured.unknown else sentence


def _over_runs(measured: Measured) -> str:
    """A sentence for each study, over all tasks: are the last improvers of its runs better?"""
    where, own = where_measured(measured.tasks, measured.chosen), measured.own_score_because
    rows = [row for row in measured.over_runs if not (row.task and len(measured.tasks) > 1)]

    def words(row: Difference) -> str:
        on = f"{where}, {quantity(row.n, 'run')}"
        return f"{contest(short_name(row.improver, ()), reference_name(measured), row, on, own, 'runs')}."

    return " ".join(map(words, rows))


def _of_these_tasks(measured: Measured) -> str:
    """A sentence that says how many tasks would show a difference for other tasks, too; empty if no difference is claimed."""
    rows = [row for row in measured.differences if decided(row) and not row.improver.endswith(AGAIN)]
    if not measured.over_tasks or not (rows if measured.kind == "eval" else measured.better):
        return ""
    enough = f"{measured.over_tasks[0].needed} tasks{_untrained(measured)} without a tie"
    return f" This holds on these tasks; at least {enough} are needed to show it of others."


def _over_copies(measured: Measured) -> str:
    """Sentences that say which improver is better on these tasks. Copies are the unit."""
    digests = {cell.improver: cell.digest for cell in measured.cells}
    if measured.kind == "against":
        (row, *_), where = measured.differences, _where(measured, measured.tasks)
        if len({*digests.values()}) > 1:
            return f"{_of_one(row, measured, where)} {_cost(measured)}"
        name = short_name(measured.improvers[0], measured.improvers)
        return f"By chance alone, two measurements of {name} differ by {signed(row)} in û, {where} of each."
    rows = [row for row in measured.differences if digests[row.improver] != digests[row.against]]
    if not rows:
        return "Nothing to compare: only the seed improver was measured."
    if len(rows) == 1:
        return _of_one(rows[0], measured, _where(measured, [rows[0].task]))
    differences = [(f"{short_name(row.improver, measured.improvers)} on {row.task}", row) for row in rows]
    how, own = f"95% intervals, all {len(rows)} together", measured.own_score_because
    return against_seed_words(
        differences, how, "measurements", lambda row: f"{row.mean:+.3f}", own, reference_name(measured)
    )


def _over_tasks(measured: Measured) -> str:
    """Sentences that say which improver wins on more tasks than chance explains. Tasks are the unit, so that a difference holds
    for other tasks of their kind."""
    compared = [row for row in measured.over_tasks if not row.is_chance]
    parts = _contests_over_tasks(compared, measured)
    if len(compared) > 1:
        on = f"{_how_many(measured)}, exact sign test at {compared[0].level:.2g}"
        rows = [(f"{short_name(row.improver, measured.improvers)} ({_counts(row)})", row.decided) for row in compared]
        parts = [_beside_words(rows, on, "others", measured.own_score_because, reference_name(measured))]
    few = [row.needed for row in compared if row.wins + row.losses < row.needed]
    if few:
        parts.append(f"At least {few[0]} tasks without a tie are needed to show a difference.")
    for row in measured.over_tasks:
        if row.is_chance:
            name = short_name(row.against.removesuffix(AGAIN), measured.improvers)
            parts.append(f"By chance alone, {name} compared with itself: {_counts(row)}{_in_best(row)}.")
    cost = [_cost(measured)] if measured.kind == "against" and compared else []
    return " ".join([*parts, *cost])


def _contests_over_tasks(rows: Sequence[OverTasks], measured: Measured) -> list[str]:
    """A sentence for each row that says which of its two improvers is better."""
    parts, own = [], measured.own_score_because
    for row in rows:
        first, other = short_name(row.improver, measured.improvers), reference_name(measured)
        if measured.kind == "against" and row.decided < 0:  # neither is the one to be improved
            shares = row.normalized and turned(row.normalized)
            row = OverTasks(row.against, row.improver, row.losses, row.wins, row.ties, row.p, row.level, shares)
            first, other = other, first
        figures = f"on {_how_many(measured)}: {_counts(row)} (exact sign test, p = {row.p:.2g}){_in_best(row)}"
        better, worse = f"{better_words(own)}: {first} beats", f"Worse: {first} is worse than"
        verdict = (f"No significant difference between {first} and", better, worse)[row.decided]  # 0, 1, -1
        parts.append(f"{verdict} {other} {figures}{own_score_words(own) if row.decided else ''}.")
    return parts


def _how_many(measured: Measured) -> str:
    return quantity(len(measured.unseen), "task") + _untrained(measured)


def _untrained(measured: Measured) -> str:
    return " that none was trained on" if measured.trained_on else ""


def _counts(row: OverTasks) -> str:
    """`9 won, 2 lost, 1 tied`."""
    return f"{row.wins} won, {row.losses} lost, {row.ties} tied"


def _in_best(row: OverTasks) -> str:
    """The end of a sentence that tells the difference in shares of the best known values; empty if these are not known."""
    return "" if row.normalized is None else f"; mean share of the best known value {signed(row.normalized)}"


def reference_name(measured: Measured) -> str:
    """The name of the improver that the others are compared with."""
    name = measured.improvers[measured.kind == "against"]
    return SEED if measured.kind == "eval" and name == "seed" else short_name(name, measured.improvers)


def short_name(improver: str, improvers: Sequence[str]) -> str:
    """A short name of an improver: for a file as many of its last parts as distinguish it from the others."""
    if not improver.endswith(".py"):
        return escape(improver, 60)
    parts = Path(improver).parts
    others = [Path(other).parts for other in improvers if other != improver]
    length = next((n for n in range(1, len(parts)) if all(other[-n:] != parts[-n:] for other in others)), len(parts))
    return escape("/".join(parts[-length:]), 60)


def _where(measured: Measured, tasks: Sequence[str]) -> str:
    return f"{where_measured(tasks, measured.chosen)}, {quantity(measured.copies, 'copy')}"


def _of_one(row: Difference, measured: Measured, where: str) -> str:
    first, other = short_name(row.improver, measured.improvers), reference_name(measured)
    change: Estimate = row
    if measured.kind == "against" and decided(change) < 0:  # neither is the one to be improved
        first, other, change = other, first, turned(change)
    where += " of each" if not row.task and len(measured.tasks) > 1 else ""
    return f"{contest(first, other, change, where, measured.own_score_because)}."


def _cost(measured: Measured) -> str:
    """Whether the two improvers spent about the same of their equal budgets."""
    cells = {name: [cell for cell in measured.cells if cell.improver == name] for name in measured.improvers}
    fields = ["lm_calls", "responses", "evaluations", "tokens"]
    if not any(cell.is_bound for cell in measured.cells):  # bounds do not say who spent more
        fields.append("dollars")
    spent = {name: {field: spent_on(own, field) for field in fields} for name, own in cells.items()}
    return spent_words(spent, of="evaluations" if measured.searches else "")


def spent_words(spent: Mapping[str, Mapping[str, float | None]], per: str = "", of: str = "") -> str:
    """A sentence that says which of two improvers spent more of their equal budgets.

    `spent` maps improver → cost → amount. `per` says what the amounts are for, if not for everything. `of` names the only cost
    whose budget and use are known for both, if there is only one.
    """
    more: dict[str, list[str]] = {name: [] for name in spent}
    for field in dict.fromkeys(field for costs in spent.values() for field in costs):
        least, most = sorted(spent, key=lambda name: spent[name][field] or 0)
        low, high = spent[least][field], spent[most][field]
        if low is not None and high is not None and high > low * (1 + EQUAL_WITHIN):
            much, little = (
                money(one) if field == "dollars" else f"{one:.3g}" if per else f"{one:,.0f}" for one in (high, low)
            )
            unit = "" if field == "dollars" else " " + field.replace("lm_", "LM ")
            more[most].append(f"{much}{unit.removesuffix('s') if much == '1' else unit} against {little}")
    unequal = [f"{name} spent more{per}: {', '.join(amounts)}" for name, amounts in more.items() if amounts]
    about = f" and spent about the same{of and ' number'}"
    return (
        f"Both had the same {f'budget of {of}' if of else 'budgets'}{'; ' + '; '.join(unequal) if unequal else about}."
    )


def spent_on(cells: Sequence[Measurement], field: str) -> float | None:
    """The sum of a cost over some cells; None if it is unknown of one."""
    values = [getattr(cell, field) for cell in cells]
    return None if None in values else sum(values)
