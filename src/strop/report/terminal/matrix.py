"""The matrix of `strop eval`, tasks by improvers (Table 1 of the paper, for any of both): as tables, and as a document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NotRequired, TypedDict

from rich.console import Console
from rich.text import Text

from strop.report.terminal.documents import (
    SCHEMA_VERSION,
    Difference,
    Measured,
    ModelFacts,
    OutcomeDocument,
    difference,
    measured,
)
from strop.report.terminal.glossary import print_glossary
from strop.report.terminal.tables import SENTENCE, new_table, say, sign_of
from strop.report.terminal.words import counted, escape, quantity, with_error
from strop.runs.evaluate import Cell, Matrix, differences
from strop.runs.evaluate import Difference as CellCompared
from strop.runs.measurements import Named
from strop.tasks.base import Split
from strop.tasks.command.task import SHARED_JAIL, shares_jail

_ABREAST = 3
"""Improvers side by side: with a task's name and u(s) they take 80 columns."""
_WIDTH = 14
"""Columns of `0.612 ± 0.010`, and of the same in ASCII."""
_NAME = 30
"""Columns of an improver's name in the table of differences."""
_SPLITS: tuple[tuple[Split, str], ...] = (("test", "sealed test split"), ("train", "training split"))


class CellDocument(TypedDict):
    """One improver on one task."""

    task: str
    improver: str
    digest: str
    train: Measured
    test: Measured
    verdicts: list[str]
    outcomes: list[OutcomeDocument]
    lm_calls: int
    evaluations: int


class SeedSolutionDocument(TypedDict):
    """u(s): a task's seed solution."""

    task: str
    train: Measured
    test: Measured
    verdict: str


class CellDifference(TypedDict):
    """An improver against another on one task, on the sealed test split."""

    task: str
    improver: str
    against: str
    mean: float
    stderr: float | None
    interval: list[float] | None
    p: float | None
    p_adjusted: float | None


class EvalDocument(TypedDict):
    """What `strop eval --json` prints."""

    schema_version: int
    sentence: str
    model: str
    is_language_model: bool
    cells: list[CellDocument]
    seed_solutions: list[SeedSolutionDocument]
    differences: list[CellDifference]
    improver: NotRequired[str]
    task: NotRequired[str]
    meta_utility: NotRequired[Measured]
    seed: NotRequired[Measured]
    difference: NotRequired[Difference | None]
    outcomes: NotRequired[list[OutcomeDocument]]
    lm_calls: NotRequired[int]


def eval_document(found: Matrix, model: ModelFacts) -> EvalDocument:
    """The document of a matrix, whole or not. Fields of one improver on one task alone are there where that is what was asked."""
    document: EvalDocument = {
        "schema_version": SCHEMA_VERSION,
        "sentence": sentence(found),
        "model": model.name,
        "is_language_model": model.is_language_model,
        "cells": [_cell(cell) for cell in found.cells],
        "seed_solutions": [
            {
                "task": each.task.name,
                "train": measured((each.train.value,)),
                "test": measured((each.test.value,)),
                "verdict": each.test.verdict,
            }
            for each in found.seed_solutions
        ],
        "differences": _differences(found),
    }
    plan = found.plan
    if len(plan.tasks) > 1 or len(plan.improvers) > 2 or not found.complete:
        return document
    seed, cell = found.cells[0], found.cells[-1]
    document["improver"] = cell.improver.name
    document["task"] = cell.task.name
    document["meta_utility"] = measured(cell.values("train"))
    document["seed"] = measured(seed.values("train"))
    same = cell.improver.digest == seed.improver.digest
    document["difference"] = None if same else difference(cell.values("train"), seed.values("train"))
    document["outcomes"] = _outcomes(cell)
    document["lm_calls"] = sum(copy.lm_calls for copy in cell.copies)
    return document


def sentence(found: Matrix) -> str:
    """What the measurements came to: which improvers differ significantly from the seed improver on the sealed split."""
    rows = [row for row in differences(found) if row.improver.digest != found.plan.improvers[0].digest]
    if not rows:
        return "Nothing to compare: only the seed improver was measured."
    if len(rows) == 1:
        return _of_one(rows[0], found)
    clear = [row for row in rows if _is_clear(row)]
    if not clear:
        return (
            f"No significant difference: none of {len(rows)} measurements differs from the seed improver's (95%, Holm)."
        )
    each = ", ".join(f"{_short(found, row.improver)} on {escape(row.task.name)} {row.found.mean:+.3f}" for row in clear)
    return (
        f"{len(clear)} of {len(rows)} measurements differ significantly from the seed improver's (95%, Holm): {each}."
    )


def _is_clear(row: CellCompared) -> bool:
    """Whether the difference is more than chance explains, with all others that were looked at."""
    interval = row.found.interval
    return (
        row.p_adjusted is not None
        and row.p_adjusted < 0.05
        and interval is not None
        and not interval[0] <= 0 <= interval[1]
    )


def _of_one(row: CellCompared, found: Matrix) -> str:
    name, task, interval = _short(found, row.improver), escape(row.task.name), row.found.interval
    sure = "" if interval is None else " (95% interval {:+.3f} to {:+.3f})".format(*interval)
    where = f"on sealed instances of {task}, {quantity(found.plan.copies, 'copy')}"
    change = f"{row.found.mean:+.3f}{sure} in û, {where}"
    if interval is None:
        return f"No claim: {name} differs from the seed improver by {change}; one copy says nothing about chance."
    if not _is_clear(row):
        return f"No significant difference between {name} and the seed improver: {change}."
    return f"{name} is {'better' if row.found.mean > 0 else 'worse'} than the seed improver: {change}."


def print_matrix(found: Matrix, console: Console, *, notice: str = "") -> None:
    """û of every improver on every task beside u(s), mean ± standard error, and every difference from the seed improver."""
    say(console, notice, style="bold yellow")
    if found.complete:
        say(console, sentence(found), style="bold", limit=SENTENCE)
    for split, words in _SPLITS:
        say(console, f"{words}: u(s), and û over {quantity(found.plan.copies, 'copy')}", style="bold")
        for group in _abreast(found.plan.improvers):
            _print_values(found, split, group, console)
    _print_differences(found, console)
    shared = [task.name for task in found.plan.tasks if shares_jail(task)]
    if shared:
        say(console, f"{', '.join(shared)}: {SHARED_JAIL}")
    for cell in found.cells:
        _print_failures(cell, console)
    print_glossary(console, ("û", "u(s)", "sealed", "copy"))


def _print_values(found: Matrix, split: Split, improvers: Sequence[Named], console: Console) -> None:
    longest = max(len(task.name) for task in found.plan.tasks)
    width = max(_WIDTH, (console.width - longest - len("  0.000")) // len(improvers) - 2)
    names = [_folded(_short(found, each), width) for each in improvers]
    table = new_table("task", "u(s)", *names, console=console)
    scored = {each.task.name: each for each in found.seed_solutions}
    for task in found.plan.tasks:
        seed = scored.get(task.name)
        value = None if seed is None else seed.train.value if split == "train" else seed.test.value
        cells = [found.cell(task, each) for each in improvers]
        table.add_row(
            Text(escape(task.name)),
            "-" if value is None else f"{value:.3f}",
            *("-" if each is None else with_error(each.values(split), sign_of(console)) for each in cells),
        )
    console.print(table)


def _print_differences(found: Matrix, console: Console) -> None:
    rows = differences(found)
    if not rows:
        return
    say(console, "difference from the seed improver, sealed test split", style="bold")
    several = sum(row.p is not None for row in rows) > 1
    headers = ["task, improver", "difference", "95% interval", "p", *(["p (Holm)"] if several else [])]
    table = new_table(*headers, console=console)
    table.columns[0].no_wrap = False
    before = ""
    for row in rows:
        if row.task.name != before:
            table.add_row(Text(escape(row.task.name)))
        before = row.task.name
        interval = row.found.interval
        same = row.improver.digest == found.plan.improvers[0].digest
        table.add_row(
            Text("  " + _folded(_short(found, row.improver), _NAME)),
            "is the seed" if same else f"{row.found.mean:+.3f}",
            "-" if interval is None else "{:+.3f} to {:+.3f}".format(*interval),
            _probability(row.p),
            *([_probability(row.p_adjusted)] if several else []),
        )
    console.print(table)


def _print_failures(cell: Cell, console: Console) -> None:
    """How the improvements of a cell ended, where one did not end well, with the first reason."""
    failed = [copy for copy in cell.copies if copy.outcome != "ok"]
    if failed:
        ends = counted({kind: [each.outcome for each in cell.copies].count(kind) for kind in _kinds(cell)})
        reason = failed[0].detail.split("\n")[0]
        say(console, f"{cell.task.name}, {cell.improver.name}: {ends}" + (f": {reason}" if reason else ""))


def _kinds(cell: Cell) -> list[str]:
    return sorted({copy.outcome for copy in cell.copies})


def _abreast(improvers: Sequence[Named]) -> list[tuple[Named, ...]]:
    """The improvers, at most `_ABREAST` in each table."""
    return [tuple(improvers[start : start + _ABREAST]) for start in range(0, len(improvers), _ABREAST)]


def _short(found: Matrix, improver: Named) -> str:
    """A name for a column: of a file its last parts, as many as tell it from the others."""
    if not improver.name.endswith(".py"):
        return escape(improver.name, 60)
    parts = Path(improver.name).parts
    others = [Path(each.name).parts for each in found.plan.improvers if each.name != improver.name]
    length = next((n for n in range(1, len(parts)) if all(each[-n:] != parts[-n:] for each in others)), len(parts))
    return escape("/".join(parts[-length:]), 60)


def _folded(name: str, width: int) -> str:
    """A name in lines of at most `width`, broken after `_`, `-` or `/` where that can be."""
    lines = [""]
    for part in re.findall(r"[^_/-]*[_/-]|[^_/-]+", name):
        if lines[-1] and len(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _probability(p: float | None) -> str:
    return "-" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"


def _cell(cell: Cell) -> CellDocument:
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


def _differences(found: Matrix) -> list[CellDifference]:
    return [
        {
            "task": each.task.name,
            "improver": each.improver.name,
            "against": found.plan.improvers[0].name,
            "mean": each.found.mean,
            "stderr": each.found.stderr,
            "interval": None if each.found.interval is None else list(each.found.interval),
            "p": each.p,
            "p_adjusted": each.p_adjusted,
        }
        for each in differences(found)
    ]
