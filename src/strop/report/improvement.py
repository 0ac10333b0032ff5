"""What a record of `strop improve` says, as a value and on the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from strop.core.metric_change import ObjectiveFacts, facts_from
from strop.report.terminal.answers import AnswersDocument, answers_document
from strop.report.terminal.costs import print_costs
from strop.report.terminal.single import print_diff, print_single
from strop.report.terminal.tables import say
from strop.report.terminal.tried import Tried, tried_in
from strop.report.terminal.words import notice_of
from strop.runs.improve import DIFF, OBJECTIVE_KEY, ORIGINAL_KEY, Single
from strop.runs.improve import recorded as single_in
from strop.runs.patching.best_candidate import ORIGINAL_SCOPE
from strop.runs.patching.source_files import Original, of_seed, original_from
from strop.runs.run_data import RunData, read_run
from strop.store import Store


@dataclass(frozen=True)
class ImprovementReport:
    """What a record of `strop improve` says."""

    single: Single | None
    """None where it ended before everything was measured."""
    original: Original
    task: str
    model: str
    is_language_model: bool
    run: RunData
    answers: AnswersDocument
    tried: Sequence[Tried]
    notes: Mapping[str, int]
    """How often each rule of the audit applied to the improved program."""


def original_of(meta: Mapping[str, str]) -> Original | None:
    """The files that a record says its run began from; None: the task's own seed."""
    return original_from(meta[ORIGINAL_KEY]) if ORIGINAL_KEY in meta else None


def read_improvement(store: Store) -> ImprovementReport:
    """What the record in an open store says."""
    run = read_run(store)
    meta = run.meta
    facts: ObjectiveFacts | None = facts_from(meta[OBJECTIVE_KEY]) if OBJECTIVE_KEY in meta else None
    began = original_of(meta)
    notes: Counter[str] = Counter()
    for event in run.audit:
        if event.scope.startswith("improved/"):
            notes[event.rule] += event.times
    if began is None:
        seed = run.results.get(ORIGINAL_SCOPE)
        began = of_seed(run.text(seed.solution) if seed and seed.solution else "")
    single = single_in(run, began, facts)
    return ImprovementReport(
        single,
        began,
        meta.get("task", ""),
        meta.get("language_model", ""),
        meta.get("is_language_model") == "true",
        run,
        answers_document(run.answers),
        tried_in(run.candidates),
        notes,
    )


def print_improvement(report: ImprovementReport, directory: Path, console: Console) -> None:
    """The diff, the table, what it cost, and the sentence."""
    if (directory / DIFF).is_file():
        print_diff(directory / DIFF, console)
    notice = notice_of(report.model, report.is_language_model)
    print_single(report.single, console, task=report.task, notice=notice, notes=report.notes, tried=report.tried)
    print_costs(report.run.costs, console)
    say(console, report.answers["sentence"])
