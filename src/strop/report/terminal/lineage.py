"""The improvers that the self-improvements of a run proposed, and their names."""

from __future__ import annotations

from dataclasses import dataclass

from strop.base.events import Evaluated, Event
from strop.base.solution import digest_of
from strop.report.terminal.words import NAMED_BY, with_error
from strop.runs.run_data import RunData
from strop.tasks.base import META_TASK


@dataclass(frozen=True)
class Candidate:
    """An improver that a self-improvement asked the meta-utility about."""

    t: int
    name: str
    """The first digits of its digest; `none` where it was no text."""
    verdict: str
    scores: tuple[float, ...]
    """û on the training split, one value a copy."""
    value: float


def candidate_score(candidate: Candidate) -> str:
    """û of a candidate with its standard error; the bare value where the copies say nothing about it."""
    return with_error(candidate.scores) if len(candidate.scores) > 1 else f"{candidate.value:.3f}"


def candidate_of(event: Event) -> Candidate | None:
    """The improver that an outlined event is the evaluation of; None for every other event."""
    if not isinstance(event, Evaluated) or event.utility != META_TASK or event.split != "train":
        return None
    iteration, *inside = event.scope.split("/")
    if len(inside) != 2 or inside[0] != "improve" or not iteration[1:].isdigit():
        return None
    return Candidate(int(iteration[1:]), short(event.solution), event.verdict, event.scores, event.value)


def candidates_by_t(run: RunData) -> dict[int, dict[str, Candidate]]:
    """By t: the candidates by name, each as it was seen first."""
    found: dict[int, dict[str, Candidate]] = {}
    for event in run.candidates:
        candidate = candidate_of(event)
        if candidate is not None:
            found.setdefault(candidate.t, {}).setdefault(candidate.name, candidate)
    return found


def short(digest: str | None) -> str:
    """The first digits of a program's digest; `none` for what is not a text."""
    return "none" if digest is None else digest[:NAMED_BY]


def name_of(text: str | None) -> str:
    """The same of a text."""
    return short(None if text is None else digest_of(text))
