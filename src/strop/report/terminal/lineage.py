"""The lineage of a run's improvers, counted from events as they happen: who came from whom, and which candidates were tried."""

from __future__ import annotations

from dataclasses import dataclass, field

from strop.base.events import Event, ImproveStarted, IterationFinished
from strop.base.solution import digest_of
from strop.report.terminal.words import NAMED_BY, with_error


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


@dataclass
class Lineage:
    """What is known of a run's improvers so far. Not locked."""

    chosen: list[IterationFinished] = field(default_factory=list)
    """How each iteration ended."""
    tried: dict[int, dict[str, Candidate]] = field(default_factory=dict)
    """By t: the candidates by name, each as it was seen first."""
    at_work: dict[int, str] = field(default_factory=dict)
    """By t: the name of the improver that improves itself."""

    def add(self, event: Event, candidate: Candidate | None) -> None:
        """Take in what has just happened; `candidate` is what `event` was the evaluation of."""
        if candidate is not None:
            self.tried.setdefault(candidate.t, {}).setdefault(candidate.name, candidate)
        elif isinstance(event, IterationFinished):
            self.chosen.append(event)
        elif isinstance(event, ImproveStarted):
            t, _, inside = event.scope.partition("/")
            if inside == "improve" and t[1:].isdigit():
                self.at_work[int(t[1:])] = name_of(event.improver)


def name_of(text: str | None) -> str:
    """The first digits of a program's digest; `none` for what is no text."""
    return "none" if text is None else digest_of(text)[:NAMED_BY]
