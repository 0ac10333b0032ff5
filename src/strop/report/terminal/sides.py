"""The programs of a record by the names that people use for them, with their scores: for `strop show --diff`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from strop.analysis.search import TOLD_BY, Search, searches_of
from strop.base.as_document import HIDDEN
from strop.base.errors import ConfigurationError, Malformed
from strop.base.events import IterationFinished
from strop.base.pluralize import quantity
from strop.base.solution import digest_of, short
from strop.base.terminal_text import escape
from strop.runs.patching.source_files import Original
from strop.runs.programs import best_in, programs_in
from strop.runs.run_data import RunData, read_run
from strop.store import Store

ORIGINAL, SOLUTION, BEST = "original", "solution", "best"
_LEAST_DIGITS = 4
_IMPROVER = "improver.py"


@dataclass(frozen=True)
class NamedProgram:
    """One program of a record, with its names."""

    name: str
    """Such as `I_2`, `candidate 9015d6251fbb of t = 1`, `original` or `solution`."""
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


def pair_of_run(store: Store, a: str | None, b: str | None) -> tuple[NamedProgram, NamedProgram]:
    """The two programs of a run of Algorithm 1: by t, or by the first digits of a digest.

    Without names: the last improver that differs from the one before it; if there is none, I_T and the last rejected candidate.

    Raises:
        ConfigurationError: the run has no such program.
    """
    run = read_run(store)
    programs = programs_in(run)
    improvers = [_improver(event, run.text(event.improver)) for event in run.iterations]
    candidates = [
        replace(
            _side(f"candidate {short(each.digest)} of t = {each.t}", run.text(each.digest)), train=each.tried[0].scores
        )
        for each in programs
        if each.digest is not None and each.tried
    ]
    if a is not None and b is not None:
        pair = _of_run(a, improvers, candidates), _of_run(b, improvers, candidates)
    else:
        pair = _last_two(improvers, candidates)
    searches = searches_of((stored.event for stored in store.events(*TOLD_BY)), (side.text for side in pair))
    first, second = (replace(side, search=searches[side.text]) for side in pair)
    return first, second


def _improver(event: IterationFinished, text: str) -> NamedProgram:
    side = _side(f"I_{event.t}", text)
    return replace(side, train=event.train, test=event.test, tasks=event.tasks, t=event.t)


def _side(name: str, text: str) -> NamedProgram:
    return NamedProgram(name, digest_of(text), text, {_IMPROVER: text})


def _last_two(
    improvers: Sequence[NamedProgram], candidates: Sequence[NamedProgram]
) -> tuple[NamedProgram, NamedProgram]:
    for before, after in zip(reversed(improvers[:-1]), reversed(improvers), strict=False):
        if before.digest != after.digest:
            return before, after
    if not improvers:
        raise ConfigurationError("no iteration of the run has ended: there are no two programs to compare")
    others = [side for side in candidates if side.digest != improvers[-1].digest]
    if not others:
        raise ConfigurationError("the run has only one improver and no other candidate: there is nothing to compare")
    return improvers[-1], others[-1]


def _of_run(name: str, improvers: Sequence[NamedProgram], candidates: Sequence[NamedProgram]) -> NamedProgram:
    number = re.fullmatch(r"(?:I_?)?(\d{1,9})", name)
    by_t = [side for side in improvers if number is not None and side.t == int(number[1])]
    side = by_t[0] if by_t else _by_digest(name, [*improvers, *candidates])
    if side is None:
        has = f"it has t = {improvers[0].t} to {improvers[-1].t}" if improvers else "no iteration of it has ended"
        shown = escape(repr(name), 80)
        raise ConfigurationError(f"the run has no {shown}: {has}, and digests of candidates (strop show)")
    return side


def _by_digest(name: str, sides: Iterable[NamedProgram]) -> NamedProgram | None:
    """The side whose digest begins with `name`.

    Raises:
        ConfigurationError: there are several.
    """
    if not re.fullmatch(rf"[0-9a-f]{{{_LEAST_DIGITS},64}}", name):
        return None
    matches: dict[str, NamedProgram] = {}
    for side in sides:
        if side.digest.startswith(name):
            matches.setdefault(side.digest, side)
    if len(matches) > 1:
        raise ConfigurationError(f"{quantity(len(matches), 'program')} begin with {name}; give more digits")
    return next(iter(matches.values()), None)


def pair_of_improvement(
    run: RunData, original: Original, solution: str | None, a: str | None, b: str | None
) -> tuple[NamedProgram, NamedProgram]:
    """The two programs of a record of `strop improve`: `original`, `solution`, `best`, or the first digits of a digest.

    `solution` is the result of the improvement; None if it has not ended. Without names: the original and the solution, or the
    best candidate, or the last.

    Raises:
        ConfigurationError: the improvement has no such program.
    """
    scores = {run.text(each.digest): each.first_scores for each in programs_in(run) if each.digest is not None}
    named = {ORIGINAL: original.program, SOLUTION: solution, BEST: best_in(run)}
    if a is None or b is None:
        choices = (solution, named[BEST], *reversed(scores))
        after = next((text for text in choices if text not in (None, original.program)), None)
        if after is None:
            raise ConfigurationError("there is no program but the original: no candidate was evaluated")
        a, b = ORIGINAL, SOLUTION if after == solution else digest_of(after)

    def side(name: str) -> NamedProgram:
        if name not in named:
            match = _by_digest(name, [_side("", text) for text in [*filter(None, named.values()), *scores]])
            if match is None:
                shown = escape(repr(name), 80)
                has = "it has original, solution, best, and digests of candidates"
                raise ConfigurationError(f"the improvement has no {shown}; {has}")
            return _program(f"candidate {short(match.digest)}", match.text, original, scores)
        text = named[name]
        if text is None:
            raise ConfigurationError(f"the improvement has no {name}: no candidate is better than the original so far")
        return _program(name, text, original, scores)

    return side(a), side(b)


def _program(name: str, text: str, original: Original, scores: Mapping[str, tuple[float, ...]]) -> NamedProgram:
    try:
        files = original.files if text == original.program else original.written(text)
    except Malformed:
        files = {next(iter(original.files)): text}
    return NamedProgram(name, digest_of(text), text, files, train=scores.get(text, ()))
