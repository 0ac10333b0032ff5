"""The programs of a record by the names that people use for them, and what is known of each: for `strop show --diff`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from strop.analysis.strategy import TOLD_BY, Strategy, behaviours_of, classify
from strop.base.errors import ConfigurationError, Malformed
from strop.base.events import Evaluated
from strop.base.pluralize import quantity
from strop.base.solution import digest_of
from strop.base.terminal_text import escape
from strop.report.terminal.lineage import candidate_of, name_of
from strop.runs.patching.best_candidate import best_of, is_candidate
from strop.runs.patching.source_files import Original
from strop.runs.run_data import RunData, read_run
from strop.store import Store

ORIGINAL, SOLUTION, BEST = "original", "solution", "best"
_LEAST_DIGITS = 4
_IMPROVER = "improver.py"


@dataclass(frozen=True)
class Side:
    """One program of a record."""

    name: str
    """`I_2`, `candidate 9015d6251fbb of t = 1`, `original` or `solution`."""
    digest: str
    text: str
    files: Mapping[str, str]
    """Path → text."""
    train: tuple[float, ...] = ()
    """In a run û on the training split, one value a copy; in an improvement the scores of the training instances."""
    test: tuple[float, ...] = ()
    """û on the sealed split, one value a copy."""
    tasks: tuple[str, ...] = ()
    t: int | None = None
    """Of I_t."""
    strategy: Strategy | None = None


def pair_of_run(store: Store, a: str | None, b: str | None) -> tuple[Side, Side]:
    """The two programs of a run of Algorithm 1: by t, or by the first digits of a digest.

    Without names: the last improver that differs from the one before it; where none does, I_T and the last candidate that did
    not go on.

    Raises:
        ConfigurationError: one is not there.
    """
    chosen, tried = _programs(read_run(store))
    named = [_of_run(name, chosen, tried) for name in (a, b) if name is not None]
    pair = (named[0], named[1]) if len(named) == 2 else _last_two(chosen, tried)
    texts = {side.text for side in pair}
    behaviours = behaviours_of((stored.event for stored in store.events(*TOLD_BY)), texts)
    first, second = (replace(side, strategy=classify(side.text, behaviours.get(side.text))) for side in pair)
    return first, second


def _programs(run: RunData) -> tuple[list[Side], list[Side]]:
    """(each I_t, each candidate that was tried, once)."""
    chosen = [
        replace(
            _side(f"I_{event.t}", run.text(event.improver), _IMPROVER),
            train=event.train,
            test=event.test,
            tasks=event.tasks,
            t=event.t,
        )
        for event in run.iterations
    ]
    tried: dict[str, Side] = {}
    for event in run.candidates:
        candidate = candidate_of(event)
        if candidate is not None and event.solution is not None and event.solution not in tried:
            name = f"candidate {candidate.name} of t = {candidate.t}"
            tried[event.solution] = replace(_side(name, run.text(event.solution), _IMPROVER), train=event.scores)
    return chosen, list(tried.values())


def _side(name: str, text: str, path: str) -> Side:
    return Side(name, digest_of(text), text, {path: text})


def _last_two(chosen: Sequence[Side], tried: Sequence[Side]) -> tuple[Side, Side]:
    for before, after in zip(reversed(chosen[:-1]), reversed(chosen), strict=False):
        if before.digest != after.digest:
            return before, after
    if not chosen:
        raise ConfigurationError("no iteration of the run has ended: there are no two programs to compare")
    others = [side for side in tried if side.digest != chosen[-1].digest]
    if not others:
        raise ConfigurationError("the run has only one improver, and tried no other: there is nothing to compare")
    return chosen[-1], others[-1]


def _of_run(name: str, chosen: Sequence[Side], tried: Sequence[Side]) -> Side:
    asked = re.fullmatch(r"(?:I_?)?(\d{1,9})", name)
    if asked is not None:
        found = next((side for side in chosen if side.t == int(asked[1])), None)
        if found is not None:
            return found
    side = _by_digest(name, [*chosen, *tried])
    if side is None:
        raise ConfigurationError(
            f"the run has no {_shown(name)}: {_has(chosen)}, and digests of candidates (strop show)"
        )
    return side


def _has(chosen: Sequence[Side]) -> str:
    return f"it has t = {chosen[0].t} to {chosen[-1].t}" if chosen else "no iteration of it has ended"


def _by_digest(name: str, sides: Iterable[Side]) -> Side | None:
    """The first side whose digest begins so.

    Raises:
        ConfigurationError: several programs' digests do.
    """
    if not re.fullmatch(rf"[0-9a-f]{{{_LEAST_DIGITS},64}}", name):
        return None
    found: dict[str, Side] = {}
    for side in sides:
        if side.digest.startswith(name):
            found.setdefault(side.digest, side)
    if len(found) > 1:
        raise ConfigurationError(f"{quantity(len(found), 'program')} begin with {name}; give more digits")
    return next(iter(found.values()), None)


def _shown(name: str) -> str:
    return escape(repr(name), 80)


def pair_of_improvement(
    events: Sequence[Evaluated], began: Original, solution: str | None, a: str | None, b: str | None
) -> tuple[Side, Side]:
    """The two programs of a record of `strop improve`: `original`, `solution`, `best`, or the first digits of a digest.

    `solution` is what the improvement came to; None while it has not ended. Without names: the original and the solution, or the
    best candidate, or the last.

    Raises:
        ConfigurationError: one is not there.
    """
    seen: dict[str, Evaluated] = {}
    for event in events:
        if event.solution is not None and (event.scope == "original/train" or is_candidate(event)):
            seen.setdefault(event.solution, event)
    best = best_of(events)
    named = {ORIGINAL: began.program, SOLUTION: solution, BEST: None if best is None else best.solution}
    others = [text for text in seen if text != began.program]
    if a is None or b is None:
        after = next(
            (text for text in (solution, named[BEST], *reversed(others)) if text not in (None, began.program)), None
        )
        if after is None:
            raise ConfigurationError("there is no program but the original: nothing was tried")
        a, b = ORIGINAL, digest_of(after) if after != solution else SOLUTION

    def side(name: str) -> Side:
        text = named.get(name)
        if text is not None:
            return _program(name, text, began, seen)
        if name in named:
            raise ConfigurationError(f"the improvement has no {name}: no candidate is better than the original so far")
        every = [_side("", text, "") for text in [*filter(None, named.values()), *seen]]
        found = _by_digest(name, every)
        if found is None:
            raise ConfigurationError(
                f"the improvement has no {_shown(name)}; it has original, solution, best, and digests of candidates"
            )
        return _program(f"candidate {name_of(found.text)}", found.text, began, seen)

    return side(a), side(b)


def _program(name: str, text: str, began: Original, seen: Mapping[str, Evaluated]) -> Side:
    try:
        files = began.files if text == began.program else began.written(text)
    except Malformed:
        files = {next(iter(began.files)): text}
    event = seen.get(text)
    return Side(name, digest_of(text), text, files, train=event.scores if event is not None else ())
