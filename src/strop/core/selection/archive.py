"""`archive`: all improvers of the run are kept, and any of them may improve itself next.

The parent is drawn by Thompson sampling over clades: an improver is judged by its own values and those of its descendants
(clade metaproductivity; Wang et al. 2025, "Huxley-Gödel Machine", arXiv 2510.21614). The same gate as in `gated` guards I_t:
the archive explores, the gate decides.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from strop.base.later import dataclass
from strop.core.selection.comparison import Contender
from strop.core.selection.gated import Gated


@dataclass(frozen=True)
class Archive(Gated):
    """A population of improvers, one of which is I_t."""

    rng: random.Random
    name = "archive"

    def pair(self, lineage: Sequence[Contender], incumbent: Contender) -> tuple[Contender, Contender]:
        """The improver whose clade draws the highest value from its posterior improves itself."""
        parent = max(lineage, key=lambda node: self.rng.betavariate(*posterior(node, lineage)))
        return parent, parent


def clade(node: Contender, lineage: Sequence[Contender]) -> list[Contender]:
    """`node` and its descendants. `lineage` is in order of creation, parents first."""
    members = {node.t: node}
    for other in lineage:
        if other.parent in members:
            members[other.t] = other
    return list(members.values())


def posterior(node: Contender, lineage: Sequence[Contender]) -> tuple[float, float]:
    """(a, b) of the Beta posterior of a clade's value, from Beta(1, 1).

    A training value v in [0, 1] counts as v successes and 1 - v failures (Agrawal and Goyal 2012, "Analysis of Thompson
    sampling", section 1.2); a failed self-improvement counts as a failure.
    """
    members = clade(node, lineage)
    values = [value for member in members for value in member.seen]
    won = sum(values)
    return 1.0 + won, 1.0 + len(values) - won + sum(member.failed_children for member in members)
