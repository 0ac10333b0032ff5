"""Algorithm 1: self-improvement of an improver (§4).

Input: seed improver I_0, language model L, recursion depth T, collection of downstream tasks D
for t = 1 to T do
    I_t <- I_{t-1}(û, I_{t-1}, L)          improve the improver, using the improver itself
return I_T
"""

from __future__ import annotations

from collections.abc import Iterator

from strop.base.budget import Budget, Grant
from strop.base.later import dataclass
from strop.base.results import Improvement
from strop.core.improver import improve
from strop.core.meta_utility import MetaMeasurement, MetaUtility
from strop.core.selection.comparison import Contender, Decision, PairedComparison, Selection, compared


@dataclass(frozen=True)
class Step:
    """One iteration t of Algorithm 1."""

    t: int
    improver: str
    """Text of I_t."""
    candidate: str | None
    """Text that the self-improvement returned; None if it failed."""
    choice: Decision
    """Whether the candidate became I_t, and why."""
    measurement: MetaMeasurement
    """Measurement of I_t."""
    parent: int | None = None
    """The iteration whose improver made the candidate; t - 1 or earlier. None for the seed improver."""
    why_stop: str = ""
    """Why no iteration follows, if the selection can show no further gain; else empty."""


def self_improve(
    seed_improver: str, meta_utility: MetaUtility, iterations: int, grant: Grant, selection: Selection, run: Budget
) -> Iterator[Step]:
    """The steps of Algorithm 1. Step 0 measures the seed improver I_0.

    `grant` is the budget of one self-improvement. `selection` chooses the improver that improves itself, in the paper always
    I_{t-1}. It also decides whether the candidate becomes I_t; otherwise I_{t-1} stays. The iterations end early if the selection
    can show no further gain.
    """
    incumbent = Contender(0, seed_improver, None)
    lineage = [incumbent]
    budget = run.child("t0").child("measure")
    trial = meta_utility.trial(seed_improver, budget)
    measurement = meta_utility.measurement(trial, budget)
    incumbent.seen.extend(measurement.train)
    incumbent.notes = meta_utility.notes(trial)
    why_stop = selection.why_stop(incumbent) if iterations else ""
    yield Step(0, seed_improver, None, Decision(False, "the seed improver"), measurement, why_stop=why_stop)

    for t in range(1, iterations + 1):
        if why_stop:
            return
        budget = run.child(f"t{t}")
        parent, improved = selection.pair(lineage, incumbent)
        utility, own = meta_utility.with_notes(parent.notes), budget.child("improve")
        improvement = improve(parent.improver, improved.improver, utility, grant, own, meta_utility.host)
        candidate = improvement.solution
        is_new = candidate is not None and all(candidate != node.improver for node in lineage)
        nothing_new = "" if is_new else _nothing_new(improvement, improved, grant)
        parent.failed_children += not is_new
        if candidate is None:
            choice = Decision(False, nothing_new)
        else:
            node = Contender(t, candidate, parent.t)
            contest = PairedComparison(meta_utility, incumbent, node, budget, nothing_new)
            choice = selection.choose(contest)
            lineage += [node] if is_new or choice.accepted else []
            if choice.comparison is not None:  # recorded now, because the measurement may fail
                meta_utility.host.record(compared(contest, choice, choice.comparison))
            if choice.accepted:
                incumbent, measurement = node, _measured(contest)
        incumbent.failures += not choice.accepted
        why_stop = selection.why_stop(incumbent) if t < iterations else ""
        yield Step(t, incumbent.improver, candidate, choice, measurement, parent.t, why_stop)


def _measured(contest: PairedComparison) -> MetaMeasurement:
    """The measurement of an accepted improver.

    With the paper's selection, the check that rejects only 0 serves as the measurement. After a gate the improver is measured
    again, because the gate accepted it for its values, which are therefore biased upwards.
    """
    budget, node = contest.budget.child("measure"), contest.candidate
    trial = contest.checked
    if trial is None:
        trial = contest.meta_utility.trial(node.improver, budget)
        node.seen.extend(trial.train)
    node.notes = contest.meta_utility.notes(trial)
    return contest.meta_utility.measurement(trial, budget)


def _nothing_new(improvement: Improvement, improved: Contender, grant: Grant) -> str:
    left = improvement.lm_calls < grant.lm_calls
    used = f" (used {improvement.lm_calls} of {grant.lm_calls} LM calls)" if left else ""
    if improvement.solution is None:
        return f"the self-improvement failed{used}: {improvement.detail or improvement.outcome}"
    if improvement.solution == improved.improver:
        return f"the self-improvement returned the improver unchanged{used}"
    return f"the self-improvement returned an earlier improver{used}"
