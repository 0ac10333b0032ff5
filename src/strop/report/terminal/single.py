"""What one improvement came to: a table and one honest sentence for people, a document for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NotRequired, TypedDict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from strop.analysis.stats import Estimate
from strop.base.results import Evaluation
from strop.base.solution import digest_of
from strop.core.feedback import gist
from strop.core.metric_change import LEAST, LEVEL, Gain, ObjectiveFacts
from strop.report.terminal.answers import AnswersDocument
from strop.report.terminal.documents import (
    SCHEMA_VERSION,
    CostsDocument,
    Difference,
    ModelFacts,
    NotedDocument,
    noted_document,
)
from strop.report.terminal.gains import GainDocument, compared, gain_document, size, valued, values
from strop.report.terminal.notes import noted
from strop.report.terminal.tables import SENTENCE, fitting, new_table, print_notes, say
from strop.report.terminal.tried import Tried, TriedDocument, metrics_table, print_front, print_tried, tried_document
from strop.report.terminal.words import counted, escape, no_width, plain, quantity
from strop.runs.improve import DIFF, SOLUTION, SOLUTION_FILES, Scored, Single
from strop.runs.patching.best_candidate import BEST
from strop.tasks.command.task import SHARED_JAIL

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
    stands_in: bool
    checked_by: str | None
    answer_varies: bool
    metrics: list[GainDocument]
    together: GainDocument | None
    candidates: list[TriedDocument]
    lm_calls: int
    responses: int
    evaluations: int
    lm_budget: int | None
    utility_budget: int | None
    audit: list[NotedDocument]
    solution: str | None
    diff: str | None
    best: str | None
    costs: NotRequired[CostsDocument]
    answers: NotRequired[AnswersDocument]


def sentence(found: Single | None) -> str:
    """What may be claimed, in one sentence: the terminal, the page, the document and the Python API show this one."""
    return f"{_conclusion(found)}."


def _conclusion(found: Single | None) -> str:
    if found is None:
        return "Unfinished: it ended before everything was measured"
    if found.finding == "failed":
        return f"No improvement: {_failed(found)}{_calls(found, ' after {}')}; the original stands"
    if found.finding == "unchanged" or found.difference is None:
        return f"No improvement: the improver returned the original unchanged{_calls(found, ' (used {})')}"
    said = f"{_claim(found)}: {_compared(found)}"
    said = f"{said}; keep the original" if found.finding == "worse" else said
    if found.stands_in:
        return f"{said}; {_why_stands_in(found)}, so this is the best candidate that it had evaluated"
    return said


def _calls(found: Single, words: str) -> str:
    """How many LM calls the improver used, where it left some; `words` say where that stands."""
    used = found.improvement.lm_calls
    if found.grant is None or used >= found.grant.lm_calls:
        return ""
    return words.format(f"{used} of {quantity(found.grant.lm_calls, 'LM call')}")


def spent_words(found: Single) -> str:
    """`used 1 of 4 LM calls, 6 responses, 6 of 25 evaluations`."""
    cost, grant = found.cost, found.grant
    responses = quantity(cost.responses, "response")
    if grant is None:
        return f"{quantity(cost.lm_calls, 'LM call')}, {responses}, {quantity(cost.evaluations, 'evaluation')}"
    calls = f"used {found.improvement.lm_calls} of {quantity(grant.lm_calls, 'LM call')}"
    return f"{calls}, {responses}, {cost.evaluations} of {quantity(grant.utility_calls, 'evaluation')}"


def _claim(found: Single) -> str:
    match found.finding:
        case "better":
            return "Better"
        case "unproven":
            return "Not called better"
        case "no significant improvement" if not _same(found):
            return "No significant improvement"
        case _:
            return "No improvement"


def _same(found: Single) -> bool:
    """Whether nothing that was measured differs."""
    if found.gain is not None:
        return all(each.change.mean == 0 for each in (found.gain, *found.gains))
    interval = None if found.difference is None else found.difference.interval
    return interval is not None and found.difference is not None and found.difference.mean == 0 and no_width(interval)


def _why_stands_in(found: Single) -> str:
    if found.improvement.solution is None:
        return _failed(found)
    if found.improvement.solution == found.original.text:
        return "the improver returned the original"
    return "what the improver returned did not score as well in training"


def _failed(found: Single) -> str:
    reason = found.improvement.detail.split("\n")[0] or "no reason given"
    return f"the improver failed ({found.improvement.outcome}: {reason})"


def _compared(found: Single) -> str:
    """From what to what, with the interval and where it was measured."""
    assert found.improved is not None
    if found.facts is not None and found.improved.test.verdict != "ok":
        reason = gist(found.improved.test.error) or found.improved.test.verdict
        return f"{_subject(found)} fails on held-out instances ({reason})"
    if found.facts is None:
        return _in_scores(found)
    if found.gain is None:
        return _checked(found, _in_scores(found))
    return _checked(found, _in_metrics(found, found.facts, found.gain))


def _checked(found: Single, said: str) -> str:
    """The same with what is to be known of the check behind it."""
    assert found.facts is not None
    if found.finding == "unproven":
        same = "prints the same on every seed" if found.facts.seeded else "always has the same input"
        return (
            f"{said}, but the command {same}, so a program that prints the known answer would do as well: "
            "let it draw its input from {seed} and print its answer, or accept this with --fixed-input"
        )
    if found.finding != "better":
        return said
    if found.facts.check == "nothing":
        return f"{said}; nothing compared the output"
    return said if found.answer_varies else f"{said}; always on the same input"


def _in_scores(found: Single) -> str:
    """Of a task whose scores the host computes, and where metrics make no ratios."""
    difference, improved = found.difference, found.improved
    assert difference is not None and improved is not None
    name = "score" if found.facts is None else "utility"
    where = _where(found.facts, difference.n)
    if _same(found):
        return f"{name} unchanged at {improved.test.value:.3f}, {where}"
    change = f"{difference.mean:+.3f}{_interval(difference)} in {name}"
    said = f"{_worse(found)}{change}, from {found.original.test.value:.3f} to {improved.test.value:.3f}, {where}"
    unclear = found.finding == "no significant improvement" and found.p is not None
    return f"{said}{_chance(found.p or 0.0, difference.n)}" if unclear else said


def _in_metrics(found: Single, facts: ObjectiveFacts, decided: Gain) -> str:
    """Of a command task: in the terms of its metric, or of all together and then of each."""
    n = decided.change.n
    where = f"the same in each of {quantity(n, 'repeated measurement')}" if decided.deterministic else _where(facts, n)
    if _same(found):
        value = valued(decided.metric, decided.after)
        return f"{escape(decided.metric.name, 40)} unchanged at {value}, {where}"
    if len(found.gains) > 1:
        each = "; ".join(f"{compared(one)}, {values(one)}" for one in found.gains)
        said = f"{size(decided)}, all metrics together ({each}), {where}"
    else:
        said = f"{size(decided)}, {values(decided)}, {where}"
    said = f"{_worse(found)}{said}"
    return f"{said}{_chance(decided.p, n)}" if found.finding == "no significant improvement" else said


def _worse(found: Single) -> str:
    return f"{_subject(found)} is worse, " if found.finding == "worse" else ""


def _subject(found: Single) -> str:
    return "the candidate" if found.stands_in else "what the improver returned"


def _where(facts: ObjectiveFacts | None, n: int) -> str:
    seeded = facts is None or facts.seeded
    return f"on {quantity(n, 'held-out instance')}" if seeded else f"in {quantity(n, 'repeated measurement')}"


def _chance(p: float, n: int) -> str:
    if p <= LEVEL:  # the interval alone does not exclude chance
        return ""
    few = f"; fewer than {LEAST} can show nothing" if n < LEAST else ""
    return f"; chance alone would do this with p = {plain(p, 2)}{few}"


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
    say(console, sentence(found), style="bold", limit=SENTENCE)
    if found is not None:
        _print_found(found, console, task)
    if found is not None and found.facts is not None and found.facts.pareto:
        print_front(found.facts, tried, console)
    print_notes(noted(notes), console)
    if found is not None and tried and found.finding not in ("better", "worse"):
        print_tried(tried, console)


def _print_found(found: Single, console: Console, task: str) -> None:
    say(console, f"strop improve {task}: {spent_words(found)}")
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
            verdicts = fitting(console, escape(counted(each.test.counts())))
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
        console.print(Text(fitting(console, escape(line, _LINE))), soft_wrap=True)
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
        "checked_by": found.facts.check if found and found.facts else None,
        "answer_varies": found.answer_varies if found else True,
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
        "lm_budget": found.grant.lm_calls if found and found.grant else None,
        "utility_budget": found.grant.utility_calls if found and found.grant else None,
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


def _interval(found: Estimate) -> str:
    if found.interval is None or no_width(found.interval):
        return "" if found.interval is None else f" (all {found.n} equal)"
    return f" (95% interval {found.interval[0]:+.3f} to {found.interval[1]:+.3f})"
