"""`paper`: every candidate is accepted, as in Algorithm 1; so is one that repeats an earlier improver."""

from __future__ import annotations

from collections.abc import Sequence

from strop.analysis.stats import mean
from strop.core.selection.comparison import Contender, Decision, PairedComparison


class Paper:
    """I_t is the result of I_{t-1}'s self-improvement, unless it scores 0 when checked again."""

    name = "paper"

    def pair(self, lineage: Sequence[Contender], incumbent: Contender) -> tuple[Contender, Contender]:
        """I_{t-1} improves itself. After a failure the improver that made it improves it, as in the published code."""
        makers = [node for node in lineage if node.t == incumbent.parent]
        return (makers[0] if makers and incumbent.failures else incumbent), incumbent

    def choose(self, contest: PairedComparison) -> Decision:
        if mean(contest.check().train) == 0.0:
            return Decision(False, "the candidate scored 0 when checked again")
        return Decision(True, "as in Algorithm 1" + (f"; {contest.repeats}" if contest.repeats else ""))

    def why_stop(self, incumbent: Contender) -> str:
        """Empty: Algorithm 1 makes all T iterations."""
        return ""
