"""The sentence about several runs that differ in the seed alone."""

from __future__ import annotations

from collections.abc import Sequence

from strop.analysis.stats import Estimate, decided, least_pairs, mean, score_difference
from strop.base.pluralize import quantity
from strop.runs.claims.improvers import better_words, own_score_words, where_measured
from strop.runs.claims.numbers import signed, too_few, written
from strop.runs.meta import Meta

_EQUAL = 1e-9


def over_runs_words(
    ends: Sequence[tuple[float, float]], *, of: int, early: int, meta: Meta
) -> tuple[str, Estimate | None]:
    """How û on the held-out split changed over the finished runs, from I_0 to the last improver, and the mean change.

    `ends`: both values of each finished run, of `of` runs; `early` of the finished ones made fewer iterations than they could.
    """
    if not ends:
        return f"No result yet: none of {quantity(of, 'run')} has finished.", None
    before, after = zip(*ends, strict=True)
    change, where = score_difference(after, before), where_measured(meta.tasks, meta.chosen)
    count, is_part = quantity(len(ends), "run"), len(ends) < of
    runs = f"the mean of {f'{len(ends)} of {of} runs' if is_part else count}"
    if early:
        runs += f", {early} of which ended early and {'keeps its' if early == 1 else 'keep their'} last improver"
    if max(abs(last - first) for first, last in ends) < _EQUAL:
        start = "So far: no change" if is_part else "No change"
        return (
            f"{start}: every run ended with the û of its first improver, {mean(before):.3f}, {where}, {runs}.",
            change,
        )
    is_alone = change.interval is None and change.stderr is not None
    error = f" (standard error {written(change.stderr)})" if is_alone and change.stderr else ""
    runs += ", each measured after its last iteration"
    sizes = f"û changed by {signed(change)}{error}, from {mean(before):.3f} to {mean(after):.3f}, {where}, {runs}"
    few, own = too_few(change, "runs", least_pairs()), own_score_words(meta.own_score_because)
    verdict = ("No significant change", better_words(meta.own_score_because), "Worse")[decided(change)]
    verdict = "So far" if is_part else "Undecided" if few else verdict
    return f"{verdict}: {sizes}{own}{f'; {few}' if few else ''}.", change
