"""`paper`: every candidate goes on, as Algorithm 1 has it."""

from __future__ import annotations

from collections.abc import Sequence

from strop.analysis.stats import mean
from strop.core.selection.comparison import Decision, Node, PairedComparison


class Paper:
    """I_t is whatever I_{t-1} made of itself, unless it scores 0 when checked again."""

    name = "paper"

    def parent(self, lineage: Sequence[Node], incumbent: Node) -> Node:
        return incumbent

    def choose(self, contest: PairedComparison) -> Decision:
        if mean(contest.check().train) == 0.0:
            return Decision(False, "the candidate scored 0 when checked again")
        return Decision(True, "as in Algorithm 1")

    def nothing_to_gain(self, incumbent: Node) -> str:
        """Nothing: Algorithm 1 makes T iterations whatever it has reached."""
        return ""
