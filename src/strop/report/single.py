"""What one improvement came to: a table and one honest sentence for people, a document for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NotRequired, TypedDict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from strop.best import BEST
from strop.feedback import gist
from strop.gains import LEAST, Gain, ObjectiveFacts
from strop.report.documents import SCHEMA_VERSION, CostsDocument, Difference, ModelFacts, NotedDocument, noted_document
from strop.report.gains import GainDocument, compared, gain_document, size
from strop.report.notes import noted
from strop.report.tables import fitting, new_table, print_notes, say
from strop.report.tried import Tried, TriedDocument, metrics_table, print_front, print_tried, tried_document
from strop.report.words import counted, harmless, no_width, quantity
from strop.single import DIFF, SOLUTION, SOLUTION_FILES, Scored, Single
from strop.solution import digest_of
from strop.stats import Estimate
from strop.tasks.command import SHARED_JAIL
from strop.utility import Evaluation

DIFF_LINES = 200
"""Lines of a diff that are printed; the file holds all of it."""
_LINE = 400
_LEAST_SHARED = 0.01
"""A score below this makes no percentages."""
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
    stands_in: bool
    metrics: list[GainDocument]
    together: GainDocument | None
    candidates: list[TriedDocument]
    lm_calls: int
    responses: int
    evaluations: int
    audit: list[NotedDocument]
    solution: str | None
    diff: str | None
    best: str | None
    costs: NotRequired[CostsDocument]


def sentence(found: Single | None) -> str:
    """What may be claimed, in one sentence."""
    if found is None:
        return "unfinished: it ended before everything was measured"
    if found.finding == "failed":
        return f"no improvement: {_failed(found)}; the original stands"
    if found.finding == "unchanged" or found.difference is None:
        return "no improvement: the improver returned the solution unchanged"
    if found.stands_in:
        return f"{_failed(found)}; the best candidate that it had evaluated stands in its place: {_compared(found)}"
    return _compared(found)


def _failed(found: Single) -> str:
    reason = found.improvement.detail.split("\n")[0] or "no reason given"
    return f"the improver failed ({found.improvement.outcome}: {reason})"


def _compared(found: Single) -> str:
    if found.facts is None:
        return _in_scores(found)
    if found.gain is None:
        return _without_gain(found)
    return _or_the_original(found, _in_metrics(found, found.gain))


def _or_the_original(found: Single, said: str) -> str:
    """The same of a program that is worse: that nothing came of the search stands first."""
    return (
        f"no improvement: what the improver returned is worse, {said}; keep the original"
        if found.finding == "worse"
        else said
    )


def _in_scores(found: Single) -> str:
    """Of a task whose scores the host computes."""
    difference = found.difference
    assert difference is not None
    held_out = f"on {quantity(difference.n, 'held-out instance')}"
    if found.finding == "no significant improvement":
        chance = "" if found.p is None else f"; chance alone would do this with p = {found.p:.2g}"
        return f"no significant improvement: {difference.mean:+.3f}{_interval(difference)} {held_out}{chance}"
    size = f"{found.finding} by {abs(difference.mean):.3f}{_interval(difference, found.finding == 'worse')}"
    size = f"{size}{_share(found, difference)} {held_out}"
    if found.finding == "worse":
        return f"no improvement: what the improver returned is {size}; keep the original"
    return size


def _share(found: Single, difference: Estimate) -> str:
    """The difference as a percentage of the original's score; nothing where that is 0, or so small that it says nothing."""
    before = found.original.test.value
    if before < _LEAST_SHARED or found.finding == "worse":
        return ""
    return f", {100 * difference.mean / before:.0f}% over the original's {before:.3f},"


def _in_metrics(found: Single, decided: Gain) -> str:
    """Of a command task: in the terms of its metric, or of all together and then of each."""
    assert found.facts is not None
    n = decided.change.n
    where = _where(found.facts, n)
    if decided.deterministic:
        where = f"the same in each of {quantity(n, 'repeated measurement')}"
    if decided.change.mean == 0 and all(each.change.mean == 0 for each in found.gains):
        return f"no improvement: {_values(decided)} as the original, {where}"
    size_of = size(decided)
    if len(found.gains) > 1:
        each = ", ".join(compared(one) for one in found.gains)
        size_of = f"{size_of}, all metrics together ({each})"
    said = f"{size_of}, {where}"
    if decided.deterministic:
        said = f"{size_of} ({decided.before:.4g} to {decided.after:.4g}), {where}"
    if found.finding == "no significant improvement":
        return f"no significant improvement: {said}{_chance(decided.p, n)}"
    return said


def _where(facts: ObjectiveFacts, n: int) -> str:
    return f"on {quantity(n, 'held-out instance')}" if facts.seeded else f"in {quantity(n, 'repeated measurement')}"


def _chance(p: float, n: int) -> str:
    few = f"; fewer than {LEAST} can show nothing" if n < LEAST else ""
    return f"; chance alone would do this with p = {p:.2g}{few}"


def _values(decided: Gain) -> str:
    return f"{harmless(decided.metric.name, 40)} {decided.after:.4g}, as good"


def _without_gain(found: Single) -> str:
    """Of a command task whose candidate failed on the sealed split or broke a constraint, or whose metrics make no ratios."""
    assert found.improved is not None and found.facts is not None
    reason = gist(found.improved.test.error) or found.improved.test.verdict
    if found.improved.test.verdict == "ok":
        difference = found.difference
        assert difference is not None
        where = _where(found.facts, difference.n)
        said = f"{difference.mean:+.3f} in utility{_interval(difference)}, {where}"
        if found.finding == "worse":
            return _or_the_original(found, said)
        said = f"{found.finding}: {said}"
        if found.finding == "no significant improvement" and found.p is not None:
            return f"{said}{_chance(found.p, difference.n)}"
        return said
    return f"no improvement: where it counts, the candidate fails ({reason}); keep the original"


def print_single(
    found: Single | None,
    console: Console,
    *,
    task: str,
    notice: str = "",
    notes: Mapping[str, int] = NOTHING,
    tried: Sequence[Tried] = (),
) -> None:
    """The original and the improved solution on both splits, what it cost, and what may be claimed.

    `notes` says how often each rule of the audit applied to the improved solution; `tried` are the candidates, best first.
    """
    say(console, notice, style="bold yellow")
    if found is None:
        say(console, f"strop improve {task}", style="bold")
    else:
        _print_found(found, console, task)
    if found is not None and found.facts is not None and found.facts.pareto:
        print_front(found.facts, tried, console)
    print_notes(noted(notes), console)
    say(console, sentence(found), style="bold")
    if found is not None and tried and found.finding not in ("better", "worse"):
        print_tried(tried, console)


def _print_found(found: Single, console: Console, task: str) -> None:
    cost = found.cost
    spent = ", ".join(
        (
            quantity(cost.lm_calls, "LM call"),
            quantity(cost.responses, "response"),
            quantity(cost.evaluations, "evaluation"),
        )
    )
    say(console, f"strop improve {task}: {spent}", style="bold")
    console.print(_table(found, console) if found.facts is None else metrics_table(found, console))
    if found.facts is not None and found.facts.shares_jail:
        say(console, SHARED_JAIL, style="dim")
    for name, each in (("original", found.original), ("improved", found.improved)):
        for evaluation in () if each is None else (each.train, each.test):
            if evaluation.error:
                say(console, f"{name}: {gist(evaluation.error)}")
                break


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
    found: Single | None,
    *,
    task: str,
    model: ModelFacts,
    directory: Path,
    notes: Mapping[str, int] = NOTHING,
    tried: Sequence[Tried] = (),
) -> SingleDocument:
    """The document of one improvement, finished or not."""
    solution = next((directory / name for name in (SOLUTION, SOLUTION_FILES) if (directory / name).exists()), None)
    diff, best = directory / DIFF, directory / BEST
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
        "stands_in": found.stands_in if found else False,
        "original": _solution_document(found.original) if found else None,
        "improved": _solution_document(found.improved) if found else None,
        "difference": _difference_document(found.difference) if found else None,
        "p": found.p if found else None,
        "metrics": [gain_document(each) for each in found.gains] if found else [],
        "together": gain_document(found.gain) if found and found.gain and len(found.gains) > 1 else None,
        "candidates": [tried_document(each) for each in tried],
        "lm_calls": found.cost.lm_calls if found else 0,
        "responses": found.cost.responses if found else 0,
        "evaluations": found.cost.evaluations if found else 0,
        "audit": [noted_document(each) for each in noted(notes)],
        "solution": None if solution is None else str(solution),
        "diff": str(diff) if diff.is_file() else None,
        "best": str(best) if best.is_dir() else None,
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
