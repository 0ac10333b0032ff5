"""Two programs of a record, by the names that people use for them: what `strop show --diff` compares."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from strop.analysis.search import TOLD_BY, Search, searches_of
from strop.analysis.stats import Estimate, score_difference
from strop.base.as_document import HIDDEN, computed
from strop.base.errors import ConfigurationError, Malformed
from strop.base.pluralize import quantity
from strop.base.solution import digest_of, short
from strop.base.terminal_text import escape
from strop.base.unified_diff import changed_lines, unified_files
from strop.runs.claims.numbers import interval_in_brackets
from strop.runs.patching.source_files import Original
from strop.runs.programs import best_in, programs_in
from strop.runs.results.improved import Improved, read_improved
from strop.runs.run_data import RunData, read_run
from strop.store import Store

ORIGINAL, SOLUTION, BEST = "original", "solution", "best"
_DIGITS = re.compile(r"[0-9a-f]{4,64}")
_IMPROVER = "improver.py"


@dataclass(frozen=True)
class NamedProgram:
    """One program of a record, with its names."""

    name: str
    """Name of the program, such as `I_2`, `candidate 9015d6251fbb of t = 1`, `original` or `solution`."""
    digest: str
    """SHA-256 of its text."""
    text: str = field(metadata=HIDDEN)
    files: Mapping[str, str] = field(metadata=HIDDEN)
    """Path → text."""
    train: tuple[float, ...] = ()
    """In a run û on the training split, one value per copy; in an improvement the scores of the training instances."""
    test: tuple[float, ...] = ()
    """û on the sealed split, one value per copy; empty if it was not measured."""
    tasks: tuple[str, ...] = field(default=(), metadata=HIDDEN)
    t: int | None = None
    """Iteration of an improver I_t."""
    search: Search | None = None
    """How it searches; null for a program that is not an improver."""


@dataclass(frozen=True, kw_only=True)
class ScoreChange(Estimate):
    """The change in score: the second minus the first."""

    split: str
    """`test`, the sealed split, or `train`."""


@dataclass(frozen=True, kw_only=True)
class ProgramDifference:
    """What changed from one program of a record to another."""

    directory: Path
    """Directory of the run."""
    a: NamedProgram
    """The first program."""
    b: NamedProgram
    """The second program."""
    sentence: str
    """The change in words; for an original and its solution as `strop improve` says it."""

    @computed
    def equal(self) -> bool:
        """Whether both texts are the same."""
        return self.a.digest == self.b.digest

    @computed
    def change(self) -> ScoreChange | None:
        """Score of b minus a; null if one was not measured."""
        return change_of(self.a, self.b)

    @computed
    def added(self) -> int:
        """Lines that only b has."""
        return sum(added for added, _ in changed_lines(self.a.files, self.b.files).values())

    @computed
    def removed(self) -> int:
        """Lines that only a has."""
        return sum(removed for _, removed in changed_lines(self.a.files, self.b.files).values())

    @computed
    def diff(self) -> str:
        """Unified diff with line ends; empty if both texts are equal."""
        return unified_files(self.a.files, self.b.files)


def change_of(a: NamedProgram, b: NamedProgram) -> ScoreChange | None:
    """b minus a, on the sealed split if both were measured there, else in training; None if they cannot be compared.

    In a run an observation is a copy of each improver; in an improvement it is an instance that both met.
    """
    split, first, second = ("test", a.test, b.test) if a.test and b.test else ("train", a.train, b.train)
    if not first or not second or a.digest == b.digest:
        return None
    return ScoreChange(**vars(score_difference(second, first)), split=split) if len(first) == len(second) else None


def change_in_words(change: ScoreChange | None) -> str:
    """`+0.043 on the sealed split (95% interval -0.010 to +0.096)`."""
    if change is None:
        return ""
    where = "on the test split" if change.split == "test" else "in training, the split that selects candidates"
    return f"{change.mean:+.3f} {where}{interval_in_brackets(change.interval, '+')}"


def difference_in(store: Store, a: str | None, b: str | None) -> ProgramDifference:
    """Two programs of a record of `strop run` or `strop improve`.

    Of a run they are named by t, or by the first digits of a digest; without names they are the last improver that differs from
    the one before it and that one, or I_T and the last other candidate. Of an improvement they are `original`, `solution`, `best`
    or the first digits of a digest; without names, the original and the solution, or the best candidate, or the last.

    Raises:
        ConfigurationError: the record has no such program.
    """
    run, claim = read_run(store), ""
    if run.meta.get("kind") == "improve":
        improved = read_improved(store)
        first, second = _pair(_of_improvement(run, improved.source, improved.program), a, b)
        if isinstance(improved, Improved) and (first.name, second.name) == (ORIGINAL, SOLUTION):
            claim = improved.sentence
    else:
        first, second = _pair(_of_run(run), a, b)
        searches = searches_of((stored.event for stored in store.events(*TOLD_BY)), (first.text, second.text))
        first, second = (replace(each, search=searches[each.text]) for each in (first, second))
    sentence = claim or change_in_words(change_of(first, second))
    return ProgramDifference(directory=store.directory, a=first, b=second, sentence=sentence)


def _of_run(run: RunData) -> list[NamedProgram]:
    """The improvers I_t, then the candidates."""
    programs = [
        replace(
            _improver(f"I_{end.t}", run.text(end.improver)), train=end.train, test=end.test, tasks=end.tasks, t=end.t
        )
        for end in run.iterations
    ]
    for each in programs_in(run):
        if each.digest is not None and each.tried:
            name = f"candidate {short(each.digest)} of t = {each.t}"
            programs.append(replace(_improver(name, run.text(each.digest)), train=each.tried[0].scores))
    return programs


def _improver(name: str, text: str) -> NamedProgram:
    return NamedProgram(name, digest_of(text), text, {_IMPROVER: text})


def _of_improvement(run: RunData, original: Original, solution: str | None) -> list[NamedProgram]:
    """The original, the solution and the best candidate, where there are such, then the candidates, the last first."""
    scores = {run.text(each.digest): each.first_scores for each in programs_in(run) if each.digest is not None}
    named = [(ORIGINAL, original.program), (SOLUTION, solution), (BEST, best_in(run))]
    named += [(f"candidate {short(digest_of(text))}", text) for text in reversed(scores) if text != original.program]
    programs = []
    for name, text in named:
        if text is not None:
            try:
                files = original.files if text == original.program else original.written(text)
            except Malformed:
                files = {next(iter(original.files)): text}
            programs.append(NamedProgram(name, digest_of(text), text, files, train=scores.get(text, ())))
    return programs


def _pair(programs: Sequence[NamedProgram], a: str | None, b: str | None) -> tuple[NamedProgram, NamedProgram]:
    if a is not None and b is not None:
        return _named(programs, a), _named(programs, b)
    if programs and programs[0].name == ORIGINAL:
        after = next((each for each in programs if each.digest != programs[0].digest), None)
        if after is None:
            raise ConfigurationError("nothing to compare with the original: no candidate was evaluated")
        return programs[0], after
    improvers = [each for each in programs if each.t is not None]
    if not improvers:
        raise ConfigurationError("nothing to compare: no iteration of the run has finished")
    for before, after in zip(reversed(improvers[:-1]), reversed(improvers), strict=False):
        if before.digest != after.digest:
            return before, after
    others = [each for each in programs if each.digest != improvers[-1].digest]
    if not others:
        raise ConfigurationError("nothing to compare: the run has only one improver and no other candidate")
    return improvers[-1], others[-1]


def _named(programs: Sequence[NamedProgram], name: str) -> NamedProgram:
    number = re.fullmatch(r"(?:I_?)?(\d{1,9})", name)
    for each in programs:
        if each.name == name or (number is not None and each.t == int(number[1])):
            return each
    matches = {
        each.digest: each for each in reversed(programs) if _DIGITS.fullmatch(name) and each.digest.startswith(name)
    }
    if len(matches) > 1:
        raise ConfigurationError(f"{quantity(len(matches), 'program')} begin with {name}; give more digits")
    if matches:
        return next(iter(matches.values()))
    if programs and programs[0].name == ORIGINAL:
        if name in (SOLUTION, BEST):
            raise ConfigurationError(f"the improvement has no {name}: no candidate is better than the original so far")
        record, has = "improvement", "it has original, solution, best, and digests of candidates"
    else:
        iterations = [each.t for each in programs if each.t is not None]
        some = f"it has t = {iterations[0]} to {iterations[-1]}" if iterations else "no iteration of it has ended"
        record, has = "run", f"{some}, and digests of candidates (strop show)"
    raise ConfigurationError(f"the {record} has no {escape(repr(name), 80)}: {has}")
