"""What `strop eval` measured: improvers by tasks (Table 1 of the paper, for any of both), and one improver against another."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from rich.console import Console

from strop.analysis.stats import decided, too_few
from strop.base.errors import dollars
from strop.report.terminal.documents import SCHEMA_VERSION, ModelFacts, as_document, difference, difference_of, measured
from strop.report.terminal.layout import SENTENCE, print_glossary, print_table, say
from strop.report.terminal.schema import Difference, Measured, OutcomeDocument
from strop.report.terminal.words import (
    between,
    counted,
    escape,
    interval_in_brackets,
    notice_of,
    own_score_line,
    quantity,
    with_error,
)
from strop.runs.claims import doubted, where_measured
from strop.runs.compare import Comparison, Side
from strop.runs.compare import Difference as TaskDifference
from strop.runs.evaluate import Cell, Matrix, differences, shared_because
from strop.runs.evaluate import Difference as CellCompared
from strop.runs.measurements import Named
from strop.tasks.base import Split

_ABREAST = 3
"""Improvers side by side: with a task's name and u(s) they take 80 columns."""
_WIDTH = 14
"""Columns of `0.612 ± 0.010`, and of the same in ASCII."""
_NAME = 30
"""Columns of an improver's name in the table of differences."""
_SPLITS: tuple[tuple[Split, str], ...] = (("test", "test split"), ("train", "training split"))


class CellDocument(TypedDict):
    """One improver on one task."""

    task: str
    """Name of the task."""
    improver: str
    """As it was named; `seed` is the seed improver."""
    digest: str
    """SHA-256 of its text."""
    train: Measured
    """û on the training split."""
    test: Measured
    """û on the sealed test split."""
    verdicts: list[str]
    """How the solution of each copy ended on the sealed test split."""
    outcomes: list[OutcomeDocument]
    """How the improver ended on each copy."""
    lm_calls: int
    """Over all copies."""
    evaluations: int
    """Utility calls of the improver over all copies."""


class SeedSolutionDocument(TypedDict):
    """u(s): the utility of a task's seed solution."""

    task: str
    """Name of the task."""
    train: Measured
    """A single value."""
    test: Measured
    """A single value, on the sealed test split."""
    verdict: str
    """How it ended on the sealed test split."""


class CellDifference(Difference):
    """An improver minus another on one task, on the sealed test split."""

    task: str
    """Name of the task."""
    improver: str
    """As in a cell."""
    against: str
    """`seed`."""


class EvalDocument(TypedDict):
    """What `strop eval --json` prints. The fields after `differences` are of one improver on one task."""

    schema_version: int
    """1."""
    sentence: str
    """The conclusion."""
    model: str
    """As in a run."""
    is_language_model: bool
    """As in a run."""
    cells: list[CellDocument]
    """Task by task in the order of the command; in a task, the seed improver first."""
    seed_solutions: list[SeedSolutionDocument]
    """One per task."""
    differences: list[CellDifference]
    """One per cell, except for the seed improver."""
    improver: NotRequired[str]
    """The improver as it was named."""
    task: NotRequired[str]
    """Name of the task."""
    meta_utility: NotRequired[Measured]
    """û of the improver on the training split."""
    seed: NotRequired[Measured]
    """û of the seed improver on the same instances."""
    difference: NotRequired[Difference | None]
    """Improver minus seed improver on the training split, copy by copy; null if they are the same."""
    outcomes: NotRequired[list[OutcomeDocument]]
    """How the improver ended on each copy."""
    lm_calls: NotRequired[int]
    """LM calls of the improver over all copies."""


def eval_document(matrix: Matrix, model: ModelFacts) -> EvalDocument:
    """The document of a matrix, complete or not."""
    document: EvalDocument = {
        "schema_version": SCHEMA_VERSION,
        "sentence": sentence(matrix),
        "model": model.name,
        "is_language_model": model.is_language_model,
        "cells": [_cell_document(cell) for cell in matrix.cells],
        "seed_solutions": [
            {
                "task": seed.task.name,
                "train": measured((seed.train.value,)),
                "test": measured((seed.test.value,)),
                "verdict": seed.test.verdict,
            }
            for seed in matrix.seed_solutions
        ],
        "differences": [
            {
                "task": row.task.name,
                "improver": row.improver.name,
                "against": matrix.plan.improvers[0].name,
                **difference_of(row.difference),
            }
            for row in differences(matrix)
        ],
    }
    plan = matrix.plan
    if len(plan.tasks) > 1 or len(plan.improvers) > 2 or not matrix.complete:
        return document
    seed, cell = matrix.cells[0], matrix.cells[-1]
    same = cell.improver.digest == seed.improver.digest
    document["improver"], document["task"] = cell.improver.name, cell.task.name
    document["meta_utility"], document["seed"] = measured(cell.values("train")), measured(seed.values("train"))
    document["difference"] = None if same else difference(cell.values("train"), seed.values("train"))
    document["outcomes"] = _outcomes(cell)
    document["lm_calls"] = sum(copy.lm_calls for copy in cell.copies)
    return document


def _cell_document(cell: Cell) -> CellDocument:
    return {
        "task": cell.task.name,
        "improver": cell.improver.name,
        "digest": cell.improver.digest,
        "train": measured(cell.values("train")),
        "test": measured(cell.values("test")),
        "verdicts": [copy.test.verdict for copy in cell.copies if copy.test is not None],
        "outcomes": _outcomes(cell),
        "lm_calls": sum(copy.lm_calls for copy in cell.copies),
        "evaluations": sum(copy.utility_calls for copy in cell.copies),
    }


def _outcomes(cell: Cell) -> list[OutcomeDocument]:
    return [{"kind": copy.outcome, "detail": copy.detail} for copy in cell.copies]


def sentence(matrix: Matrix) -> str:
    """The conclusion: which improvers differ significantly from the seed improver on the sealed split."""
    rows = [row for row in differences(matrix) if row.improver.digest != matrix.plan.improvers[0].digest]
    if not rows:
        return "Nothing to compare: only the seed improver was measured."
    if len(rows) == 1:
        return doubted(_sentence_of_one(rows[0], matrix), shared_because(matrix))
    clear = [row for row in rows if decided(row.difference)]
    how = f"(95% intervals, all {len(rows)} together)"
    if not clear:
        return f"No significant difference: none of {len(rows)} measurements differs from the seed improver's {how}."
    cells = ", ".join(
        f"{_short(matrix, row.improver)} on {escape(row.task.name)} {row.difference.mean:+.3f}" for row in clear
    )
    return f"{len(clear)} of {len(rows)} measurements differ significantly from the seed improver's {how}: {cells}."


def _sentence_of_one(row: CellCompared, matrix: Matrix) -> str:
    name, change = _short(matrix, row.improver), row.difference
    where = where_measured([escape(row.task.name)], matrix.repeats)
    where += f", {quantity(matrix.plan.copies, 'copy')}"
    words = f"{change.mean:+.3f}{interval_in_brackets(change.interval, '+')} in û, {where}"
    shown = decided(change)
    if not shown:
        few = too_few(change, "copy")
        return f"No significant difference between {name} and the seed improver: {words}" + (
            f"; {few}." if few else "."
        )
    return f"{name} is {'better' if shown > 0 else 'worse'} than the seed improver: {words}."


def print_matrix(matrix: Matrix, console: Console, *, notice: str = "") -> None:
    """û of every improver on every task beside u(s), mean ± standard error, and every difference from the seed improver."""
    say(console, notice, style="bold yellow")
    if matrix.complete:
        say(console, sentence(matrix), style="bold", limit=SENTENCE)
    improvers = matrix.plan.improvers
    for split, words in _SPLITS:
        say(console, f"{words}: u(s), and û over {quantity(matrix.plan.copies, 'copy')}", style="bold")
        for start in range(0, len(improvers), _ABREAST):
            _print_values(matrix, split, improvers[start : start + _ABREAST], console)
    _print_differences(matrix, console)
    for name, reason in shared_because(matrix).items():
        say(console, own_score_line(name, reason))
    for cell in matrix.cells:
        _print_failures(cell, console)
    print_glossary(console, ("û", "u(s)", "test split", "copy"))


def _print_values(matrix: Matrix, split: Split, improvers: Sequence[Named], console: Console) -> None:
    longest = max(len(task.name) for task in matrix.plan.tasks)
    width = max(_WIDTH, (console.width - longest - len("  0.000")) // len(improvers) - 2)
    names = ["\n".join(_folded(_short(matrix, improver), width)) for improver in improvers]
    seeds = {seed.task.name: seed for seed in matrix.seed_solutions}
    rows = []
    for task in matrix.plan.tasks:
        seed = seeds.get(task.name)
        value = "-" if seed is None else f"{(seed.train if split == 'train' else seed.test).value:.3f}"
        cells = [matrix.cell(task, improver) for improver in improvers]
        rows.append((task.name, value, *("-" if cell is None else with_error(cell.values(split)) for cell in cells)))
    print_table(console, ("task", "u(s)", *names), rows)


def _print_differences(matrix: Matrix, console: Console) -> None:
    rows = differences(matrix)
    if not rows:
        return
    say(console, "difference from the seed improver, test split", style="bold")
    print_table(console, ("task, improver", "difference", "95% interval"), _difference_rows(matrix, rows))
    compared = sum(row.difference.interval is not None for row in rows)
    if compared > 1:
        say(console, f"the {compared} intervals hold together: in 95% of such tables, all of them")


def _difference_rows(matrix: Matrix, rows: Sequence[CellCompared]) -> Iterator[tuple[str | tuple[str, ...], ...]]:
    before = ""
    for row in rows:
        if row.task.name != before:
            yield (row.task.name,)
        before = row.task.name
        same = row.improver.digest == matrix.plan.improvers[0].digest
        first, *others = _folded(_short(matrix, row.improver), _NAME)
        yield (
            ("  " + first, *others),
            "is the seed" if same else f"{row.difference.mean:+.3f}",
            between(row.difference.interval, "+"),
        )


def _print_failures(cell: Cell, console: Console) -> None:
    """How the improvements of a cell ended, if one failed, with the first reason."""
    failed = [copy for copy in cell.copies if copy.outcome != "ok"]
    if failed:
        ends = counted(Counter(copy.outcome for copy in cell.copies))
        reason = failed[0].detail.split("\n")[0]
        say(console, f"{cell.task.name}, {cell.improver.name}: {ends}" + (f": {reason}" if reason else ""))


def _short(matrix: Matrix, improver: Named) -> str:
    """A name for a column: of a file its last parts, as many as distinguish it from the others."""
    if not improver.name.endswith(".py"):
        return escape(improver.name, 60)
    parts = Path(improver.name).parts
    others = [Path(other.name).parts for other in matrix.plan.improvers if other.name != improver.name]
    length = next((n for n in range(1, len(parts)) if all(other[-n:] != parts[-n:] for other in others)), len(parts))
    return escape("/".join(parts[-length:]), 60)


def _folded(name: str, width: int) -> list[str]:
    """A name in lines of at most `width`, broken after `_`, `-` or `/` if possible."""
    lines = [""]
    for part in re.findall(r"[^_/-]*[_/-]|[^_/-]+", name):
        if lines[-1] and len(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
    return lines


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """What `strop eval A --against B --json` prints: a `Comparison`, with verdict and cost as one sentence."""
    fields = {name: value for name, value in as_document(comparison).items() if name not in ("verdict", "cost")}
    return {"schema_version": SCHEMA_VERSION, **fields, "sentence": comparison.sentence}


def print_comparison(comparison: Comparison, console: Console) -> None:
    """û of both improvers on every task, what each spent, and the verdict."""
    first, second = comparison.first, comparison.second
    say(console, notice_of(comparison.model, comparison.is_language_model), style="bold yellow")
    say(console, comparison.sentence, style="bold", limit=SENTENCE)
    say(console, f"first: {first.name}; second: {second.name}")
    together = [comparison.difference] if len(comparison.tasks) > 1 else []
    headers = ("test split", "first û", "second û", "difference", "95% interval")
    print_table(console, headers, map(_task_row, (*comparison.tasks, *together)))
    costs = ("spent", "LM\ncalls", "respon-\nses", "evalu-\nations", "tokens", "money", "failed")
    print_table(console, costs, map(_spent_row, (first, second)))
    for name, reason in comparison.shared_because.items():
        say(console, own_score_line(name, reason))
    print_glossary(console, ("û", "test split", "copy"))


def _task_row(row: TaskDifference) -> tuple[str, ...]:
    values = f"{row.first:.3f}", f"{row.second:.3f}", f"{row.mean:+.3f}"
    return row.task or "all", *values, between(row.interval, "+")


def _spent_row(side: Side) -> tuple[str, ...]:
    spent = side.spent
    return (
        escape(side.name, 40),
        *map(str, (spent.lm_calls, spent.responses, spent.evaluations)),
        "-" if spent.tokens is None else f"{spent.tokens:,}",
        "-" if spent.dollars is None else dollars(round(spent.dollars * 1e9)),
        str(side.failed),
    )
