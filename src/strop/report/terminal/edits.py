"""What became of the edits that a model answered with, in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from strop.base.events import Edited, Event


def edit_counts(events: Iterable[Event]) -> dict[str, int]:
    """How often each outcome of `Edited` was told, those that were, in their order."""
    counts = Counter(event.outcome for event in events if isinstance(event, Edited))
    order = ("applied", "applied fuzzily", "failed", "repaired", "given up")
    return {outcome: counts[outcome] for outcome in order if counts[outcome]}


def edits_line(counts: dict[str, int]) -> str:
    """In words, e.g. `edits in answers: 12 applied (3 of them fuzzily), 2 did not fit (1 repaired, 1 given up)`; or nothing."""
    fuzzily, failed = counts.get("applied fuzzily", 0), counts.get("failed", 0)
    applied = counts.get("applied", 0) + fuzzily
    if not applied + failed:
        return ""
    said = f"{applied} applied" + (f" ({fuzzily} of them fuzzily)" if fuzzily else "")
    if failed:
        after = ", ".join(f"{counts[word]} {word}" for word in ("repaired", "given up") if word in counts)
        said += f", {failed} did not fit" + (f" ({after})" if after else "")
    return f"edits in answers: {said}"
