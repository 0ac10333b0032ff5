"""The final comparison of a run: I_0 and I_T on fresh copies in pairs, scored on held-out instances.

It decides nothing in the run. How many pairs it takes is set by the spread of the gate's differences, never by their mean or by
what it shows itself; then one test ends it (strop.analysis.stats.exchangeable).
"""

from __future__ import annotations

from collections.abc import Sequence

from strop.analysis.stats import decided, differences, pairs_needed, score_difference
from strop.base.events import Compared
from strop.core.selection.comparison import PairedComparison, spent

WORTH = 0.1
"""The gain in û that the comparison is sized to show."""


def final_comparison(contest: PairedComparison, gate: Sequence[float], most: int) -> Compared:
    """The comparison of the two improvers of `contest` in at most `most` pairs (at least 1). `gate` has the differences by which
    a gate accepted the second one."""
    pairs = pairs_needed(gate, WORTH, most)
    budget = contest.gate_budget(pairs)
    list(contest.rounds(budget))
    before, after = contest.incumbent.seen[-pairs:], contest.candidate.seen[-pairs:]
    change, (lm_calls, evaluations) = score_difference(after, before), spent(budget)
    return Compared(
        differences=tuple(differences(after, before)),
        before=tuple(before),
        pairs=pairs,
        max_pairs=most,
        interval=change.interval or (-1.0, 1.0),
        lm_calls=lm_calls,
        evaluations=evaluations,
        scope=budget.path,
        t=contest.candidate.t,
        incumbent=contest.incumbent.improver,
        candidate=contest.candidate.improver,
        accepted=decided(change) > 0,
    )
