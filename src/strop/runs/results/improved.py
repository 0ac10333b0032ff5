"""The result of `strop improve`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from strop.base.as_document import HIDDEN, computed
from strop.base.errors import ConfigurationError, Malformed
from strop.base.events import in_full
from strop.base.later import dataclass
from strop.base.pluralize import plain, quantity
from strop.runs.claims.facts import Fact, facts_of
from strop.runs.claims.improvement import UNFINISHED, sentence
from strop.runs.claims.training import status_words
from strop.runs.finding import Evidence, ScoredProgram
from strop.runs.improve import candidates_of, recorded
from strop.runs.patching.apply import apply_files, commit_files
from strop.runs.patching.result_files import BEST, CONSTRUCTION, DIFF, ORIGINAL_SCOPE, SOLUTION, SOLUTION_FILES
from strop.runs.patching.source_files import SourceFiles, of_seed
from strop.runs.programs import best_in
from strop.runs.record import Record
from strop.runs.results.parts import AnswerCounts, RecordedResult, counted_answers, noted
from strop.runs.run_data import Costs, RunData
from strop.runs.run_directory import ways_on
from strop.runs.scopes import comparison_of
from strop.tasks.objective_facts import ObjectiveFacts


@dataclass(frozen=True, kw_only=True, repr=False)
class ImprovementRecord(RecordedResult):
    """What every record of `strop improve` holds, finished or not."""

    task: str
    """Name of the task."""
    costs: Costs
    """What the whole run spent on the language model."""
    answers: AnswerCounts
    """What the responses of the language model hold."""
    source: SourceFiles = field(metadata=HIDDEN)
    """The files that the search started from."""
    best_so_far: str | None = field(metadata=HIDDEN)
    """The best candidate; None if none is better than the original."""
    said: tuple[str, ...] = ()
    """What to know about the comparison, one line for each fact: which files of two versions of a project differ, and
    are the work tree's for both; what calls leave behind that is not compared."""
    applied: str | None = None
    """Where the patch was applied, or why it was not. Null without `--apply`."""

    @property
    def program(self) -> str | None:
        """The improved program, or the original where there is none; None before the end."""
        return None

    @computed
    def best(self) -> Path | None:
        """File with the patch of the best candidate so far. Null if no candidate is better than the original."""
        return None if self.best_so_far is None else self._copy(BEST)

    def _copy(self, *names: str) -> Path | None:
        """The first of these files and folders beside the record that is there."""
        return next((path for path in map(self.directory.joinpath, names) if path.exists()), None)


@dataclass(frozen=True, kw_only=True, repr=False)
class Unfinished(ImprovementRecord):
    """An improvement that has no verdict yet. `strop resume` continues it."""

    facts: ObjectiveFacts
    """The metric by which programs are compared."""
    candidates: tuple[ScoredProgram, ...]
    """Every candidate once, as it was first evaluated in training, the best first."""
    finding: str = "unfinished"
    """Always `unfinished`."""
    kind: str = field(default="improve", metadata=HIDDEN)
    """The kind of its record."""
    target: str = field(default="", metadata=HIDDEN)
    """What was named as the target."""
    sentence: str = UNFINISHED
    """How the improvement stands."""
    is_running: bool = field(default=False, metadata=HIDDEN)
    """Whether its process still works on it."""

    @property
    def leader(self) -> ScoredProgram | None:
        """The best candidate; None if none is better than the original."""
        return next((one for one in self.candidates if one.text == self.best_so_far), None)

    def __repr__(self) -> str:
        return f"<Unfinished: in {self.directory}>"


@dataclass(frozen=True, repr=False)
class Improved(Evidence, ImprovementRecord):
    """What an improvement or a comparison found: the verdict, the numbers behind it, and the program."""

    @computed
    def sentence(self) -> str:
        """The first line: what may be claimed, with its interval, in at most 100 characters."""
        return sentence(self)

    @computed
    def details(self) -> tuple[Fact, ...]:
        """What stands behind the first line: one fact a line, each with a name."""
        return facts_of(self, self.task, self.said)

    @property
    def program(self) -> str:
        """The text of the improved program, or of the original where there is none."""
        return (self.improved or self.original).text

    @cached_property
    def files(self) -> Mapping[str, str]:
        """The files of the improved program: path from the target's folder → text."""
        return self.source.written(self.program)

    @cached_property
    def diff(self) -> str:
        """The change as a unified diff, for `patch -p1` or `git apply`."""
        return self.source.diff_of(self.files)

    @computed
    def solution_file(self) -> Path | None:
        """File or folder of the improved program. Null if there is none."""
        return self._copy(SOLUTION, SOLUTION_FILES)

    @computed
    def diff_file(self) -> Path | None:
        """File of the patch. Null if there is none."""
        return self._copy(DIFF)

    @computed
    def construction_file(self) -> Path | None:
        """File of the best construction of the run. Null if answers are not constructions."""
        return None if self.verified is None else self._copy(CONSTRUCTION)

    def apply(self, *, force: bool = False) -> list[Path]:
        """Apply the patch to the user's files: to all of them or to none. Returns the paths that changed.

        With `force`, files are replaced even if they changed since the run started.

        Raises:
            ConfigurationError: the program is not better, or is held back; or a file has changed since the run started.
        """
        return apply_result(self, force=force)

    def __repr__(self) -> str:
        change = self.change
        numbers = change and f" {change.metric.name} {plain(change.before, 4)} -> {plain(change.after, 4)},"
        return f"<Improved {self.finding}:{numbers or ''} n={change.n if change else 0}, in {self.directory}>"

    def __str__(self) -> str:
        return "\n".join([self.sentence, *(f"{fact.name}: {fact.text}" for fact in self.details)])


def read_improved(of: Record) -> Improved | Unfinished:
    """The result in a record of `strop improve`."""
    run, meta = of.run, of.run.meta
    source = meta.original or _seed(run)
    notes: Counter[str] = Counter()
    for event in run.audit:
        number, part = comparison_of(event.scope)
        if number == run.comparison and part.startswith("improved/"):
            notes[event.rule] += event.times
    record = ImprovementRecord(
        directory=of.folder,
        task=meta.task,
        model=meta.model,
        is_language_model=meta.is_language_model,
        unverified=run.unverified,
        waived=run.waived,
        audit=tuple(noted(notes)),
        costs=run.costs,
        answers=counted_answers(run.answers),
        source=source,
        best_so_far=best_in(run),
        said=(*run.said, *meta.said),
        record=of,
    )
    of_record = {field.name: getattr(record, field.name) for field in fields(record)}
    evidence = recorded(run, source)
    if evidence is None:
        candidates = candidates_of(in_full(event, run.text) for event in run.candidates)
        earlier = f"Comparison {run.compared} had a verdict; the search was continued after it." if run.compared else ""
        text = " ".join(filter(None, (UNFINISHED, status_words(run.status, run.detail), earlier)))
        if meta.kind == "measure" and not run.search_ends and run.spec is not None:
            made, budget = run.measurements, quantity(run.spec.utility_budget, "measurement")
            text = f"No verdict yet: {made} of {budget} made."
        return Unfinished(
            **of_record,
            facts=meta.objective,
            candidates=candidates,
            sentence=text,
            is_running=run.status == "running",
            kind=meta.kind,
            target=run.spec.task if run.spec else "",
        )
    of_record["said"] += tuple(filter(None, [evidence.original.train.unseen]))
    return Improved(**of_record, **{field.name: getattr(evidence, field.name) for field in fields(evidence)})


def _seed(run: RunData) -> SourceFiles:
    """The task's own seed as a file."""
    seed = run.results.get(ORIGINAL_SCOPE)
    return of_seed(run.text(seed.solution) if seed and seed.solution else "")


@dataclass(frozen=True)
class Applied:
    """Which files `strop apply` changed."""

    directory: Path
    """Directory of the run."""
    applied: tuple[Path, ...]
    """The files that changed. Empty if the patch had been applied before."""
    undo: str
    """Where the old versions of these files are, in words. Empty if nothing changed."""


def apply_result(result: Any, *, force: bool = False, unproven: bool = False, branch: str = "") -> list[Path]:
    """Apply the patch of a result to the user's files, to all or none. Returns the paths that changed.

    `result`: an `Improved`, an `Unfinished` or an `ImprovedProgram`. `force`: also files that changed since the run started.
    `unproven`: also a program that is not called better, or the best so far. `branch`: commit it on a new branch of this name
    instead, with the first line of the result as the message.

    Raises:
        ConfigurationError: it is not better on what the user wants, or a file has changed since the improvement started.
    """
    directory, unless = result.directory, "--unproven applies it anyway"
    if result.unverified:
        raise ConfigurationError(f"not applied; {result.unverified}. Read its patch and apply it yourself")
    if not isinstance(result, Unfinished):
        if result.improved is None:
            raise ConfigurationError(f"nothing to apply. {result.sentence}")
        if not (result.is_offered or unproven):
            reason = result.sentence if result.is_held_back else f"{result.sentence} {unless}"
            raise ConfigurationError(f"not applied. {reason}")
    elif result.best_so_far is None:
        better = "" if result.kind == "compare" else ", and nothing in it is better so far"
        raise ConfigurationError(
            f"{directory} has no result yet{better}. {ways_on(directory, result.kind, result.target)[0]}"
        )
    elif not unproven:
        raise ConfigurationError(
            f"{directory} has no result yet. {ways_on(directory, result.kind, result.target)[0]}. For its best so far, {unless}"
        )
    program = result.best_so_far if result.program is None else result.program
    assert program is not None
    try:
        files = result.source.written(program)
    except Malformed as error:
        raise ConfigurationError(f"the program in {directory} does not fit your files: {error}") from error
    if branch:
        return commit_files(result.source, files, branch, f"{result.sentence}\n")
    return apply_files(result.source, files, directory, force=force)
