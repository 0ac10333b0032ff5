"""M(u): run a maximizer, through the same choke point as every improver; and iterate M_t = M_{t-1}(u) (Appendix A.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from appendix_a3.conversion import to_improver, told_with
from strop.base.budget import Budget, Grant
from strop.base.results import Evaluation, Improvement
from strop.core.handles import Host
from strop.core.improver import improve
from strop.core.utility import Utility


def seed_maximizer() -> str:
    """M_0: asks the language model for solutions that maximize u_str and takes the best by u_func."""
    return (files("appendix_a3.programs") / "seed.py").read_text(encoding="utf-8")


def maximize(maximizer: str, utility: Utility, grant: Grant, budget: Budget, host: Host) -> Improvement:
    """M(u, L), within `grant`, spending in `budget`. It is recorded as the improvement that it is, from nothing.

    Raises:
        StropError: the host failed. Whatever the maximizer does wrong is in the result.
    """
    return improve(to_improver(maximizer), "", utility, grant, budget, host)


def iterated(
    seed: str, utility: Utility, iterations: int, grant: Grant, run: Budget, host: Host
) -> Iterator[tuple[str, Improvement]]:
    """M_t = M_{t-1}(u) for t = 1..T, where u is a utility of maximizers: the maximizer meta-utility, or u^lambda.

    Yields (M_t, what M_{t-1} gave). A maximizer that gives no text stays, as in Algorithm 1.
    """
    maximizer = seed
    for t in range(1, iterations + 1):
        improvement = maximize(maximizer, utility, grant, run.child(f"t{t}").child("maximize"), host)
        maximizer = improvement.solution if improvement.solution is not None else maximizer
        yield maximizer, improvement


@dataclass(frozen=True)
class WithInitialSolution:
    """A utility with an initial solution in its description, where a converted improver finds it: (u, s) as one u."""

    utility: Utility
    solution: str

    @property
    def name(self) -> str:
        return self.utility.name

    @property
    def description(self) -> str:
        return told_with(self.utility.description, self.solution)

    @property
    def counter(self) -> str:
        return self.utility.counter

    def evaluate(self, candidate: str | None, budget: Budget) -> Evaluation:
        """As the utility does."""
        return self.utility.evaluate(candidate, budget)
