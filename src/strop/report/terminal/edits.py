"""What became of the edits that a model answered with, in one line."""

from __future__ import annotations

from collections.abc import Mapping


def edits_line(counts: Mapping[str, int]) -> str:
    """`Edited.outcome` → count, in words; empty where no answer held edits.

    E.g. `edits in answers: 12 applied (3 of them fuzzily), 2 did not fit (1 repaired, 1 given up)`.
    """
    fuzzily, failed = counts.get("applied fuzzily", 0), counts.get("failed", 0)
    applied = counts.get("applied", 0) + fuzzily
    if not applied + failed:
        return ""
    said = f"{applied} applied" + (f" ({fuzzily} of them fuzzily)" if fuzzily else "")
    if failed:
        after = ", ".join(f"{counts[word]} {word}" for word in ("repaired", "given up") if counts.get(word))
        said += f", {failed} did not fit" + (f" ({after})" if after else "")
    return f"edits in answers: {said}"
