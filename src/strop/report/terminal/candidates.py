"""The candidates of one improvement: from its record, as a table for people, as documents for programs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypedDict

from rich.console import Console

from strop.base.events import Evaluated
from strop.core.metric_change import ObjectiveFacts
from strop.evaluation.feedback import failure, gist
from strop.report.terminal.gains import in_units, unit_of
from strop.report.terminal.layout import print_table, say
from strop.report.terminal.words import NAMED_BY, escape, quantity

SHOWN = 8
"""Candidates that are listed; the record has all of them."""
_EXIT = re.compile(r"^(instance \d+: )?exit status \d+ \.\.\. ")
"""Dropped from an error if there is only room for one message: the last printed line says more."""


def candidates_of(events: Iterable[Evaluated]) -> list[Evaluated]:
    """The first evaluation of each candidate of a record, from their outlines, the best first."""
    candidates: dict[str, Evaluated] = {}
    for event in events:
        if event.solution is not None:
            candidates.setdefault(event.solution, event)
    return sorted(candidates.values(), key=lambda candidate: -candidate.value)


def print_candidates(candidates: Sequence[Evaluated], facts: ObjectiveFacts | None, console: Console) -> None:
    """The best candidates: digest, score in training, verdict; those that failed in the same way are one row."""
    groups: dict[tuple[str, ...], list[Evaluated]] = {}
    for event in candidates:
        kind = (name_of(event),) if event.verdict == "ok" else (event.verdict, failure(event.verdict, event.error))
        groups.setdefault(kind, []).append(event)
    unit = f"{unit_of(facts)}, train"
    room = max(console.width - NAMED_BY - len(unit) - 2 * len("  "), 20)
    rows = []
    for first, *more in list(groups.values())[:SHOWN]:
        error = f": {_EXIT.sub('', gist(first.error))}" if first.error else ""
        name = f"{1 + len(more)} candidates" if more else name_of(first)
        rows.append((name, in_units(facts, first), escape(first.verdict + error, room)))
    print_table(console, ("candidate", unit, "verdict"), rows)
    left = sum(map(len, list(groups.values())[SHOWN:]))
    if left:
        say(console, f"and {quantity(left, 'more candidate')}")


def name_of(event: Evaluated) -> str:
    """The first digits of a candidate's digest, from its outline."""
    return (event.solution or "")[:NAMED_BY]


class CandidateDocument(TypedDict):
    """One candidate, as it was first evaluated in training."""

    digest: str
    """SHA-256 of its text."""
    utility: float
    """Utility in training."""
    metrics: dict[str, float]
    """Of a command task: the mean of each metric in training."""
    verdict: str
    """How it ended, such as `ok` or `timeout`."""
    error: str | None
    """Why it failed, or null."""


def candidate_document(event: Evaluated) -> CandidateDocument:
    """The document of one candidate."""
    return {
        "digest": name_of(event),
        "utility": event.value,
        "metrics": event.means,
        "verdict": event.verdict,
        "error": gist(event.error) or None,
    }
