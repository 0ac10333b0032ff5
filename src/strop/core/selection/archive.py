"""`archive`: every improver of the run is kept, and any of them may improve itself next.

The parent is drawn by Thompson sampling over clades: an improver is worth what was seen of it and of everything that descends
from it, so that a line of descent counts by its fruits (clade metaproductivity; Wang et al. 2025, "Huxley-Gödel Machine",
arXiv 2510.21614). I_t is guarded by the same gate as in `gated`: the archive explores, the gate decides who is champion.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from strop.core.selection.comparison import Decision, Node, PairedComparison
from strop.core.selection.gated import Gate


class Archive:
    """A population of improvers; one of them, the champion, is I_t."""

    name = "archive"

    def __init__(self, gate: Gate, rng: random.Random) -> None:
        self._gate = gate
        self._rng = rng

    def parent(self, lineage: Sequence[Node], incumbent: Node) -> Node:
        """The improver whose clade draws the highest value from its posterior."""
        return max(lineage, key=lambda node: self._rng.betavariate(*posterior(node, lineage)))

    def choose(self, contest: PairedComparison) -> Decision:
        return self._gate.decide(contest)

    def nothing_to_gain(self, incumbent: Node) -> str:
        return self._gate.nothing_to_gain(incumbent)


def clade(node: Node, lineage: Sequence[Node]) -> list[Node]:
    """`node` and everything that descends from it. `lineage` is in the order of making, parents first."""
    found = {node.t: node}
    for other in lineage:
        if other.parent in found:
            found[other.t] = other
    return list(found.values())


def posterior(node: Node, lineage: Sequence[Node]) -> tuple[float, float]:
    """(a, b) of the Beta posterior of a clade's value, from Beta(1, 1).

    A training value in [0, 1] counts as so much of a success and the rest of a failure (Agrawal and Goyal 2012, "Analysis of
    Thompson sampling", section 1.2); a self-improvement that gave nothing counts as a failure.
    """
    members = clade(node, lineage)
    values = [value for member in members for value in member.seen]
    won = sum(values)
    return 1.0 + won, 1.0 + len(values) - won + sum(member.barren for member in members)
