"""The maximizer meta-utility (Appendix A.3): the mean of u(M(u)) over a set U of downstream utilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from appendix_a3.conversion import to_improver
from strop.base.budget import Budget, Grant
from strop.base.results import Evaluation
from strop.core.handles import Host
from strop.core.meta_utility import Downstream, MetaUtility
from strop.core.utility import Utility


@dataclass(frozen=True)
class MaximizerMetaUtility:
    """|U|^-1 * sum over u in U of u(M(u)), each downstream utility with fresh budgets.

    It is the meta-utility of the improver I(u, s) = M(u) on the tasks (u, nothing), and measured as that.
    """

    utilities: Sequence[Utility]
    """U, at least one; no initial solutions are needed."""
    description: str
    """Grey-box, as for improvers: the form of the average, nothing of the downstream utilities."""
    grant: Grant
    """What M may spend on one downstream utility."""
    host: Host

    @property
    def name(self) -> str:
        return self._of_improvers.name

    @property
    def counter(self) -> str:
        return self._of_improvers.counter

    def evaluate(self, candidate: str | None, at: Budget) -> Evaluation:
        """The meta-utility of a candidate maximizer. A maximization that fails contributes 0."""
        return self._of_improvers.evaluate(None if candidate is None else to_improver(candidate), at)

    @cached_property
    def _of_improvers(self) -> MetaUtility:
        # Nothing here touches a held-out split: `measure` is never called, and the training utility stands in its place.
        tasks = [Downstream(train=utility, test=utility, initial_solution="") for utility in self.utilities]
        return MetaUtility(tasks, self.description, self.grant, self.host)
