"""What one improvement came to: a table and one honest sentence for people, a document for programs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from strop.report.documents import SCHEMA_VERSION, Difference, ModelFacts, NotedDocument, noted_document
from strop.report.notes import noted
from strop.report.tables import fitting, new_table, print_notes, say
from strop.report.words import counted, harmless, no_width, quantity
from strop.single import DIFF, SOLUTION, Scored, Single
from strop.solution import digest_of
from strop.stats import Estimate
from strop.utility import Evaluation

DIFF_LINES = 200
"""Lines of a diff that are printed; the file holds all of it."""
_LINE = 400
NOTHING: Mapping[str, int] = {}


class EvaluationDocument(TypedDict):
    """One solution on one split."""

    utility: float
    verdicts: dict[str, int]
    scores: list[float]
    error: str | None


class SolutionDocument(TypedDict):
    """One solution on both."""

    digest: str
    train: EvaluationDocument
    test: EvaluationDocument


class SingleDocument(TypedDict):
    """What `strop improve --json` prints."""

    schema_version: int
    run: str
    task: str
    model: str
    is_language_model: bool
    finding: str
    sentence: str
    outcome: str | None
    detail: str
    original: SolutionDocument | None
    improved: SolutionDocument | None
    difference: Difference | None
    p: float | None
    lm_calls: int
    responses: int
    evaluations: int
    audit: list[NotedDocument]
    solution: str | None
    diff: str | None


def sentence(found: Single | None) -> str:
    """What may be claimed, in one sentence."""
    if found is None:
        return "unfinished: it ended before everything was measured"
    if found.finding == "failed":
        reason = found.improvement.detail.split("\n")[0] or "no reason given"
        return f"no improvement: the improver failed ({found.improvement.outcome}: {reason}); the original stands"
    if found.finding == "unchanged" or found.difference is None:
        return "no improvement: the improver returned the solution unchanged"
    difference = found.difference
    held_out = f"on {quantity(difference.n, 'held-out instance')}"
    if found.finding == "no significant improvement":
        chance = "" if found.p is None else f"; chance alone would do this with p = {found.p:.2g}"
        return f"no significant improvement: {difference.mean:+.3f}{_interval(difference)} {held_out}{chance}"
    size = f"{found.finding} by {abs(difference.mean):.3f}{_interval(difference, found.finding == 'worse')} {held_out}"
    return f"{size}; keep the original" if found.finding == "worse" else size


def print_single(
    found: Single | None, console: Console, *, task: str, notice: str = "", notes: Mapping[str, int] = NOTHING
) -> None:
    """The original and the improved solution on both splits, what it cost, and what may be claimed.

    `notes` says how often each rule of the audit applied to the improved solution.
    """
    say(console, notice, style="bold yellow")
    if found is None:
        say(console, f"strop improve {task}", style="bold")
    else:
        cost = found.cost
        spent = ", ".join(
            (
                quantity(cost.lm_calls, "LM call"),
                quantity(cost.responses, "response"),
                quantity(cost.evaluations, "evaluation"),
            )
        )
        say(console, f"strop improve {task}: {spent}", style="bold")
        console.print(_table(found, console))
        for name, each in (("original", found.original), ("improved", found.improved)):
            for evaluation in () if each is None else (each.train, each.test):
                if evaluation.error:
                    say(console, f"{name}: {evaluation.error.splitlines()[0]}")
                    break
    print_notes(noted(notes), console)
    say(console, sentence(found), style="bold")


def _table(found: Single, console: Console) -> Table:
    table = new_table("", "train", "test (sealed)", "verdicts on test", console=console)
    for name, each in (("original", found.original), ("improved", found.improved)):
        if each is not None:
            verdicts = fitting(console, harmless(counted(each.test.counts())))
            table.add_row(name, f"{each.train.value:.3f}", f"{each.test.value:.3f}", verdicts)
    if found.difference is not None and found.improved is not None:
        gain = found.improved.train.value - found.original.train.value
        table.add_row("difference", f"{gain:+.3f}", f"{found.difference.mean:+.3f}", "")
    return table


def print_diff(file: Path, console: Console) -> None:
    """A diff, harmless."""
    lines = file.read_text(encoding="utf-8").split("\n")
    lines = lines[:-1] if lines and not lines[-1] else lines
    for line in lines[:DIFF_LINES]:
        console.print(Text(fitting(console, harmless(line, _LINE))), soft_wrap=True)
    if len(lines) > DIFF_LINES:
        say(console, f"... {quantity(len(lines) - DIFF_LINES, 'more line')}")


def single_document(
    found: Single | None, *, task: str, model: ModelFacts, directory: Path, notes: Mapping[str, int] = NOTHING
) -> SingleDocument:
    """The document of one improvement, finished or not."""
    files = {name: str(directory / name) if (directory / name).is_file() else None for name in (SOLUTION, DIFF)}
    return {
        "schema_version": SCHEMA_VERSION,
        "run": str(directory),
        "task": task,
        "model": model.name,
        "is_language_model": model.is_language_model,
        "finding": found.finding if found else "unfinished",
        "sentence": sentence(found),
        "outcome": found.improvement.outcome if found else None,
        "detail": found.improvement.detail if found else "",
        "original": _solution_document(found.original) if found else None,
        "improved": _solution_document(found.improved) if found else None,
        "difference": _difference_document(found.difference) if found else None,
        "p": found.p if found else None,
        "lm_calls": found.cost.lm_calls if found else 0,
        "responses": found.cost.responses if found else 0,
        "evaluations": found.cost.evaluations if found else 0,
        "audit": [noted_document(each) for each in noted(notes)],
        "solution": files[SOLUTION],
        "diff": files[DIFF],
    }


def _solution_document(scored: Scored | None) -> SolutionDocument | None:
    if scored is None:
        return None
    return {
        "digest": digest_of(scored.text),
        "train": _evaluation_document(scored.train),
        "test": _evaluation_document(scored.test),
    }


def _evaluation_document(evaluation: Evaluation) -> EvaluationDocument:
    return {
        "utility": evaluation.value,
        "verdicts": evaluation.counts(),
        "scores": list(evaluation.scores),
        "error": evaluation.error or None,
    }


def _difference_document(found: Estimate | None) -> Difference | None:
    if found is None:
        return None
    interval = None if found.interval is None else list(found.interval)
    return {"mean": found.mean, "stderr": found.stderr, "interval": interval}


def _interval(found: Estimate, turned: bool = False) -> str:
    """The interval in words, of the opposite difference where `turned`."""
    if found.interval is None or no_width(found.interval):
        return "" if found.interval is None else f" (all {found.n} equal)"
    low, high = (-found.interval[1], -found.interval[0]) if turned else found.interval
    return f" (95% interval {low:.3f} to {high:.3f})"
