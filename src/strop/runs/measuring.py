"""A search by somebody else, such as a coding agent: strop measures its programs, and compares the best one with the original.

Each measurement is a session of one record, in which the files that may change are evaluated as a candidate in training.
Everything that scores them is frozen in the record at the first measurement. A verdict is the comparison of `improve`, on
instances that are drawn after the verdict was asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from strop.base.as_document import computed
from strop.base.errors import ConfigurationError, SearchOver, StoreError
from strop.base.events import Evaluated, MeasurementBegan, SuiteRan, in_full
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.base.results import Evaluation, Improvement, fields_of
from strop.base.solution import NAMED_BY, digest_of
from strop.base.surface import option
from strop.runs.claims.gains import unit_of, worded
from strop.runs.improve import check_runs
from strop.runs.kept import changed_files
from strop.runs.patching.result_files import BestSoFar, Standings
from strop.runs.patching.source_files import SourceFiles, of_seed
from strop.runs.record import Record
from strop.runs.scopes import is_candidate
from strop.runs.score import Scored
from strop.tasks.objective_facts import ObjectiveFacts

if TYPE_CHECKING:
    from strop.runs.context import RunContext

OVER = SearchOver("verdict", "a verdict was asked for")
MOST_NAMED = 5
"""How many changed files are named; the others are counted."""


@dataclass(frozen=True, repr=False, kw_only=True)
class Attempt(Scored):
    """One measurement of a program in training, in a search by somebody else."""

    directory: Path
    """Directory of the record."""
    digest: str
    """SHA-256 of the program's text."""
    number: int
    """Number of the measurement, from 1."""
    budget: int
    """How many measurements there may be."""
    worth: str
    """The program's score in words, beside the original's."""
    best: str | None
    """SHA-256 of the best program so far. Null if none is better than the original."""
    best_worth: str = ""
    """The score of the best program so far, in words. Empty if there is none."""
    is_original: bool = False
    """Whether the program is the original."""
    said: tuple[str, ...] = ()
    """What changed since the first measurement, and is still measured as it was then, one line for each fact."""

    @computed
    def sentence(self) -> str:
        """What the program scores, which is the best so far, and how many measurements are left."""
        own = f"{self.worth} in training" if self.verdict == "ok" else f"it fails in training ({self.verdict})"
        own = f"the original, {own}" if self.is_original else own
        best = "none is better than the original so far" if self.best is None else self._best
        left = quantity(self.budget - self.number, "measurement")
        return f"Measurement {self.number} of {self.budget}, {self.digest[:NAMED_BY]}: {own}; {best}; {left} left."

    @property
    def _best(self) -> str:
        if self.best == self.digest:
            return "the best so far"
        return f"the best so far is {str(self.best)[:NAMED_BY]}, {self.best_worth}"


def measure_once(context: RunContext, text: str, original: SourceFiles | None) -> None:
    """Evaluate a program as the next candidate of this record, after the original, in training.

    Raises:
        ConfigurationError: the original does not run.
        SearchOver: there were as many measurements as the budget has.
    """
    journal, run = context.journal, context.run
    began, begun = original or of_seed(context.parts.task.seed), list(journal.recorded(MeasurementBegan))
    done = {event.scope for event in journal.recorded(Evaluated)}
    # A measurement that was killed goes on if the program is the same. Otherwise it counts as made.
    goes_on = bool(begun) and begun[-1].scope not in done and begun[-1].solution == text
    check_left(len(begun) - goes_on, context.parts.spec.utility_budget, context.folder)
    journal.also_tell(BestSoFar(context.folder, began, journal.recorded(Evaluated, SuiteRan)))
    train = context.utility("train")
    check_runs(context.parts, original, train.evaluate(began.program, run.child("original").child("train")))
    budget = run.child("improve").child(f"u-{len(begun) + (not goes_on)}")
    if not goes_on:
        context.record(MeasurementBegan(scope=budget.path, solution=text))
    train.evaluate(text, budget)


def read_attempt(record: Record) -> Attempt:
    """The last measurement in a record of `strop measure`.

    Raises:
        StoreError: it has none.
    """
    run, meta = record.run, record.run.meta
    if not run.candidates or run.spec is None:
        raise StoreError(f"{record.folder} has no measurement")
    tried = [in_full(event, run.text) for event in run.candidates]
    last, original = tried[-1], run.results["original/train"]
    standings = Standings([in_full(original, run.text), *tried], meta.original)
    worth_of = partial(_worth, meta.objective)
    return Attempt(
        **fields_of(Evaluation, last),
        task=meta.task,
        split="train",
        own_score_because=meta.own_score_because.get(meta.task, ""),
        directory=record.folder,
        digest=digest_of(str(last.solution)),
        number=run.measurements,
        budget=run.spec.utility_budget,
        worth=worth_of(last),
        is_original=standings.is_original(str(last.solution)),
        best=None if standings.best is None else digest_of(standings.best),
        best_worth="" if standings.best is None else worth_of(standings.first[standings.best]),
    )


def check_left(made: int, budget: int, folder: Path) -> None:
    """Raises SearchOver if the budget allows no further measurement after `made` ones."""
    if made >= budget:
        raise SearchOver(
            "max_calls",
            f"{option('budget')} {budget} is spent",
            f"all {quantity(budget, 'measurement')} in {folder} were made; strop verdict {folder} compares the best with the "
            "original",
        )


def _worth(facts: ObjectiveFacts, event: Evaluated) -> str:
    """The score of a measurement in words, with the original's score if that was measured beside it."""
    words = worded(facts)(event)
    return f"{unit_of(facts)} {words}" if facts.metric.is_score else words


def _measured(context: RunContext) -> Iterator[Evaluated]:
    """The measurements of candidates that are recorded."""
    return (event for event in context.journal.recorded(Evaluated) if is_candidate(event))


def best_measured(
    context: RunContext, initial: str, *, of: str = "", again: Sequence[tuple[MeasurementBegan, bool]] = ()
) -> tuple[Improvement, int]:
    """The result of somebody else's search: the best measurement, or the program whose digest begins with `of`. A `Search`.

    `again` has the measurements that a replay repeats, in their order, and whether each was completed.

    Raises:
        ConfigurationError: nothing, or no such program, was measured.
    """
    for begun, is_done in again:
        context.record(begun)
        if is_done:
            context.utility("train").evaluate(
                begun.solution, context.run.child("improve").child(begun.scope.rpartition("/")[2])
            )
    context.begin_again()
    texts = {digest_of(event.solution): event.solution for event in _measured(context) if event.solution is not None}
    matching = [text for digest, text in texts.items() if of and digest.startswith(of)]
    if not texts or (of and len(matching) != 1):
        what = f"no measurement, or several, of a program {of}" if of else "no measurement"
        raise ConfigurationError(f"{context.folder} has {what}; strop measure makes one")
    chosen = matching[0] if matching else None
    number = context.ended("improve", OVER, "" if chosen is None else digest_of(chosen))
    return Improvement(chosen, detail=OVER.detail), number


def changed_since(folder: Path, original: SourceFiles | None) -> tuple[str, ...]:
    """A line that names the files that the user or an agent changed since the record in `folder` copied them; empty if there are
    none. Files that may change are not among them. The copies are used to measure."""
    own = [Path(original.root, path) for path in original.files] if original is not None else []
    changed = [path for path, users in changed_files(folder) if users not in own]
    if not changed:
        return ()
    named = ", ".join(changed[:MOST_NAMED]) + (f" and {len(changed) - MOST_NAMED} more" * (len(changed) > MOST_NAMED))
    return (f"changed since the first measurement, and measured as it was then: {named}",)


def texts_now(original: SourceFiles) -> Mapping[str, str]:
    """The texts of the files that may change, as they are now.

    Raises:
        ConfigurationError: one is gone, or is not UTF-8 text.
    """
    from strop.base.plain_file import text_of

    return {path: text_of(Path(original.root, path), "file") for path in original.files}
