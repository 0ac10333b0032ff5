"""What a record of `strop improve` holds: as a value, as tables for people, as a document for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NotRequired, TypedDict

from rich.console import Console
from rich.text import Text

from strop.base.errors import Malformed
from strop.base.events import Evaluated
from strop.base.results import Evaluation
from strop.base.solution import digest_of
from strop.core.metric_change import Gain, ObjectiveFacts, facts_from, gain
from strop.evaluation.feedback import gist
from strop.report.terminal.candidates import (
    CandidateDocument,
    candidate_document,
    candidates_of,
    name_of,
    print_candidates,
)
from strop.report.terminal.claim import reason, sentence, spent_words
from strop.report.terminal.documents import (
    SCHEMA_VERSION,
    ModelFacts,
    answers_document,
    costs_document,
    difference_of,
    noted,
)
from strop.report.terminal.gains import GainDocument, gain_document, in_units, means_of, unit_of, unnamed, valued
from strop.report.terminal.layout import SENTENCE, fitting, print_table, say
from strop.report.terminal.run import print_costs, print_notes
from strop.report.terminal.schema import AnswersDocument, CostsDocument, Difference, Noted
from strop.report.terminal.words import counted, escape, notice_of, quantity
from strop.runs.finding import Scored, Single
from strop.runs.improve import OBJECTIVE_KEY, ORIGINAL_KEY
from strop.runs.improve import recorded as recorded_single
from strop.runs.patching.best_candidate import BEST, ORIGINAL_SCOPE
from strop.runs.patching.result_files import DIFF, SOLUTION, SOLUTION_FILES, changed_result
from strop.runs.patching.source_files import Original, of_seed, original_from
from strop.runs.run_data import RunData, read_run
from strop.store import Store
from strop.tasks.command.objective import pareto_front

DIFF_LINES = 200
"""Lines of a diff that are printed; the file has all of them."""
_LINE = 400
_VERDICTS = {"better": "better", "worse": "worse", "no significant change": "unclear"}


@dataclass(frozen=True)
class ImprovementReport:
    """What a record of `strop improve` holds."""

    single: Single | None
    """None if it ended before everything was measured."""
    original: Original
    task: str
    model: ModelFacts
    run: RunData
    answers: AnswersDocument
    candidates: Sequence[Evaluated]
    """The best first."""
    notes: Mapping[str, int]
    """How often each rule of the audit applied to the improved program."""
    facts: ObjectiveFacts | None = None
    """Of a command, or a function scored by its time."""
    kept: str | None = None
    """The candidate that the folder of the best one names."""

    @property
    def solution(self) -> str | None:
        """The improved program, or the original where there is none; None before the end."""
        return None if self.single is None else (self.single.improved or self.single.original).text

    def changed_beside(self, directory: Path) -> list[Path]:
        """The files beside the record that are no longer what it says."""
        return list(changed_result(directory, self.original, self.solution, self.kept))


def original_of(meta: Mapping[str, str], directory: Path) -> Original | None:
    """The files that the run of the record in `directory` began with; None for the task's own seed."""
    return original_from(meta[ORIGINAL_KEY], directory) if ORIGINAL_KEY in meta else None


def read_improvement(store: Store) -> ImprovementReport:
    """Read the record in an open store."""
    run = read_run(store)
    meta = run.meta
    original = original_of(meta, store.directory)
    if original is None:
        seed = run.results.get(ORIGINAL_SCOPE)
        original = of_seed(run.text(seed.solution) if seed and seed.solution else "")
    facts = facts_from(meta[OBJECTIVE_KEY]) if OBJECTIVE_KEY in meta else None
    notes: Counter[str] = Counter()
    for event in run.audit:
        if event.scope.startswith("improved/"):
            notes[event.rule] += event.times
    name = (store.directory / BEST).resolve().name
    kept = next((event.solution for event in run.candidates if (event.solution or "").startswith(name)), None)
    return ImprovementReport(
        recorded_single(run, original, facts),
        original,
        meta.get("task", ""),
        ModelFacts(meta.get("language_model", ""), meta.get("is_language_model") == "true"),
        run,
        answers_document(run.answers),
        candidates_of(run.candidates),
        notes,
        facts,
        None if kept is None else run.text(kept),
    )


def print_improvement(report: ImprovementReport, directory: Path, console: Console) -> None:
    """The diff, the claim, the original and the improved solution on both splits, and the costs."""
    say(console, report.run.unverified, style="bold yellow")
    for file in report.changed_beside(directory):
        say(console, f"{file} was changed after the run; what follows is what the record says", style="bold yellow")
    single = report.single
    if report.solution is not None:
        with suppress(Malformed):
            print_diff(report.original.diff_of(report.original.written(report.solution)), console)
    say(console, notice_of(report.model.name, report.model.is_language_model), style="bold yellow")
    say(console, sentence(single), style="bold", limit=SENTENCE)
    say(console, reason(single), limit=SENTENCE)
    if single is not None:
        _print_measurements(single, console, report.task)
        if single.facts is not None and single.facts.pareto:
            _print_front(single.facts, report.candidates, console)
    print_notes(noted(report.notes), console)
    if single is not None and report.candidates and single.finding not in ("better", "worse"):
        print_candidates(report.candidates, single.facts, console)
    print_costs(report.run.costs, console)
    say(console, report.answers["sentence"])


def print_diff(diff: str, console: Console) -> None:
    """A diff, escaped."""
    lines = diff.removesuffix("\n").split("\n") if diff else []
    for line in lines[:DIFF_LINES]:
        console.print(Text(fitting(console, escape(line, _LINE))), soft_wrap=True)
    if len(lines) > DIFF_LINES:
        say(console, f"... {quantity(len(lines) - DIFF_LINES, 'more line')}")


def _print_measurements(single: Single, console: Console, task: str) -> None:
    say(console, f"strop improve {task}: {spent_words(single)}")
    if single.facts is None:
        _print_scores(single, console)
    else:
        print_metrics(single, console)
    if single.shared_because and not reason(single) and single.shared_because not in sentence(single):
        say(console, f"{single.shared_because}: a better score would prove nothing", style="dim")
    if single.output:
        say(console, f"what the program printed: {single.output}")
    for name, scored in (("original", single.original), ("improved", single.improved)):
        errors = [] if scored is None else [split.error for split in (scored.train, scored.test) if split.error]
        if errors:
            say(console, f"{name}: {gist(errors[0])}")


def _print_scores(single: Single, console: Console) -> None:
    rows = [
        (name, f"{scored.train.value:.3f}", f"{scored.test.value:.3f}", counted(scored.test.counts()))
        for name, scored in (("original", single.original), ("improved", single.improved))
        if scored is not None
    ]
    if single.difference is not None and single.improved is not None:
        train = single.improved.train.value - single.original.train.value
        rows.append(("difference", f"{train:+.3f}", f"{single.difference.mean:+.3f}", ""))
    print_table(console, ("", "train", "test (sealed)" if single.held_out else "test", "verdicts on test"), rows)


def print_metrics(single: Single, console: Console) -> None:
    """A row for each metric: the original's mean, the improved program's, the change with its interval, the verdict."""
    rows = [
        (
            escape(change.metric.name, 40),
            valued(change.metric, change.before),
            valued(change.metric, change.after),
            unnamed(change),
            _VERDICTS.get(verdict := single.verdict_of(change), verdict),
        )
        for change in single.gains
    ]
    if single.improved is None or not rows:
        before, after = (_on_test(scored, single.facts) for scored in (single.original, single.improved))
        rows.append((unit_of(single.facts), before, after, "", ""))
    where = "sealed split" if single.held_out else "last comparison"
    print_table(console, ("", "original", "improved", f"{where} (95% interval)", ""), rows)


def _on_test(scored: Scored | None, facts: ObjectiveFacts | None) -> str:
    """What was measured in the last comparison; in training if nothing was."""
    if scored is None:
        return "-"
    sealed = in_units(facts, scored.test)
    return sealed if scored.test.metrics or facts is None else f"{in_units(facts, scored.train)} in training"


def _print_front(facts: ObjectiveFacts, candidates: Sequence[Evaluated], console: Console) -> None:
    """The candidates that no other, and not the original, beats in every metric in training."""
    measured = [(candidate, _gains(facts, candidate)) for candidate in candidates if candidate.verdict == "ok"]
    points = [(candidate, gains) for candidate, gains in measured if len(gains) == len(facts.metrics)]
    changes = [{gain.metric.name: gain.change.mean for gain in gains} for _, gains in points]
    rows = []
    for index in pareto_front([{metric.name: 0.0 for metric in facts.metrics}, *changes]):
        if index == 0:
            rows.append(("original", *("-" for _ in facts.metrics)))
            continue
        candidate, gains = points[index - 1]
        cells = (f"{valued(gain.metric, gain.after)}, {unnamed(gain, interval=False)}" for gain in gains)
        rows.append((name_of(candidate), *cells))
    print_table(console, ("Pareto front", *(escape(metric.name, 30) for metric in facts.metrics)), rows)


def _gains(facts: ObjectiveFacts, candidate: Evaluated) -> list[Gain]:
    gains = [gain(metric, candidate.metrics, candidate.beside, seeded=facts.seeded) for metric in facts.metrics]
    return [change for change in gains if change is not None]


class EvaluationDocument(TypedDict):
    """One solution on one split."""

    utility: float
    """Utility on the split."""
    metrics: dict[str, float]
    """Of a command task: the mean of each metric."""
    verdicts: dict[str, int]
    """Verdict → number of instances."""
    scores: list[float]
    """One score per instance that ran."""
    error: str | None
    """The first failure; null if there was none."""


class SolutionDocument(TypedDict):
    """One solution on both."""

    digest: str
    """SHA-256 of its text."""
    train: EvaluationDocument
    """On the training split."""
    test: EvaluationDocument
    """In the last comparison."""


class ImprovementDocument(TypedDict):
    """What `strop improve --json` prints. Measurements are null, empty or 0 in an unfinished one."""

    schema_version: int
    """1."""
    run: str
    """Directory of the record."""
    task: str
    """Name of the task."""
    model: str
    """As in a run."""
    is_language_model: bool
    """As in a run."""
    finding: str
    """`better`, `unproven`, `implausible`, `worse`, `no significant improvement`, `unchanged`, `failed`, or `unfinished`."""
    sentence: str
    """The conclusion."""
    reason: str
    """Why an `unproven` result is not called better, and what to do; else empty."""
    outcome: str | None
    """How the improver ended: a verdict; null if unfinished."""
    detail: str
    """Why it ended so."""
    stands_in: bool
    """Whether the best candidate replaces what the improver returned."""
    checked_by: str | None
    """For a command task, what checks the answer: `score`, `comparison`, `constraint` or `nothing`."""
    doubt: str | None
    """Why it is `unproven`: `own score`, `spoiled answer`, `traded metrics`, `varying original` or `known answer`."""
    shared_because: str
    """Why a better score would prove nothing, in words; empty if nothing shows that."""
    trusts_programs: bool
    """Whether such programs were trusted (trust_programs)."""
    best_known: dict[str, float]
    """Metric, or `utility` → the declared best known value."""
    output: str
    """The end of what an implausible program printed; else empty."""
    held_out: bool
    """Whether the last comparison used inputs that the search never saw; false if the same input was measured again."""
    answer_varies: bool
    """False if the score is a cost and the answer was the same in every measurement of the last comparison."""
    original: SolutionDocument | None
    """The program that the search started from."""
    improved: SolutionDocument | None
    """The improved program; null if there is nothing to compare."""
    difference: Difference | None
    """Improved minus original, in utility, in the last comparison; null where metrics decide."""
    metrics: list[GainDocument]
    """Each metric of a command task; they decide."""
    together: GainDocument | None
    """All metrics together, if there are several."""
    candidates: list[CandidateDocument]
    """Each candidate once, the best first."""
    lm_calls: int
    """LM calls of the improver, without the comparison."""
    responses: int
    """Responses to the improver."""
    evaluations: int
    """Evaluations of the improver."""
    lm_budget: int | None
    """LM calls that the improver could spend."""
    utility_budget: int | None
    """Evaluations that it could spend."""
    audit: list[Noted]
    """Audit notes about the improved program."""
    solution: str | None
    """File or folder of the improved program; null if there is none, or if it was changed after the run."""
    diff: str | None
    """File of the patch; null as above."""
    best: str | None
    """Folder of the best candidate; null as above."""
    costs: CostsDocument
    """Cost of the language model."""
    answers: AnswersDocument
    """What the responses contain."""
    applied: NotRequired[str]
    """Where the patch was applied; with --apply."""


def improvement_document(report: ImprovementReport, directory: Path) -> ImprovementDocument:
    """The document of one improvement, finished or not."""
    single = report.single
    cost, grant = (single.cost, single.grant) if single else (None, None)
    beside = {name: directory / name for name in (SOLUTION, SOLUTION_FILES, DIFF, BEST) if (directory / name).exists()}
    for file in report.changed_beside(directory):
        beside.pop(file.relative_to(directory).parts[0], None)
    solution = beside.get(SOLUTION, beside.get(SOLUTION_FILES))
    return {
        "schema_version": SCHEMA_VERSION,
        "run": str(directory),
        "task": report.task,
        "model": report.model.name,
        "is_language_model": report.model.is_language_model,
        "finding": single.finding if single else "unfinished",
        "sentence": sentence(single),
        "reason": reason(single),
        "outcome": single.improvement.outcome if single else None,
        "detail": single.improvement.detail if single else "",
        "stands_in": single.stands_in if single else False,
        "checked_by": single.facts.check if single and single.facts else None,
        "doubt": single.doubt if single and single.finding == "unproven" else None,
        "shared_because": single.shared_because if single else "",
        "trusts_programs": single.trusts_programs if single else False,
        "best_known": dict(single.best_known) if single else {},
        "output": single.output if single else "",
        "held_out": single.held_out if single else False,
        "answer_varies": single.answer_varies if single else True,
        "original": _solution_document(single.original) if single else None,
        "improved": _solution_document(single.improved) if single and single.improved else None,
        "difference": difference_of(single.difference) if single and single.difference and not single.gain else None,
        "metrics": [gain_document(change, single.verdict_of(change)) for change in single.gains] if single else [],
        "together": gain_document(single.gain, single.verdict_of(single.gain))
        if single and single.gain and len(single.gains) > 1
        else None,
        "candidates": [candidate_document(candidate) for candidate in report.candidates],
        "lm_calls": cost.lm_calls if cost else 0,
        "responses": cost.responses if cost else 0,
        "evaluations": cost.evaluations if cost else 0,
        "lm_budget": grant.lm_calls if grant else None,
        "utility_budget": grant.utility_calls if grant else None,
        "audit": noted(report.notes),
        "solution": None if solution is None else str(solution),
        "diff": str(beside[DIFF]) if DIFF in beside else None,
        "best": str(beside[BEST]) if BEST in beside else None,
        "costs": costs_document(report.run.costs),
        "answers": report.answers,
    }


def _solution_document(scored: Scored) -> SolutionDocument:
    return {
        "digest": digest_of(scored.text),
        "train": _evaluation_document(scored.train),
        "test": _evaluation_document(scored.test),
    }


def _evaluation_document(evaluation: Evaluation) -> EvaluationDocument:
    return {
        "utility": evaluation.value,
        "metrics": means_of(evaluation.metrics),
        "verdicts": evaluation.counts(),
        "scores": list(evaluation.scores),
        "error": evaluation.error or None,
    }
