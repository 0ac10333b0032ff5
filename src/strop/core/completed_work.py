"""Work that the record of a resumed or replayed run holds, by scope: what is completed is taken over, not repeated.

A resumed run executes from its beginning. `improve()` and `evaluate()` ask here for results, and the language model looks up
responses by request (`lm.replay`); no other part of strop knows whether work is new. `runs.resume` reads the record.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import field, replace

from strop.base.budget import COST, TOKENS, Budget
from strop.base.events import Evaluated, ImproveFinished, LmCalled, SearchEnded, SuiteRan
from strop.base.later import dataclass, np
from strop.base.solution import digest_of


@dataclass(frozen=True)
class CompletedWork:
    """Results by the scope at which they were recorded. Empty in a new run."""

    evaluations: Mapping[str, Evaluated] = field(default_factory=dict)
    """The evaluation at each scope, with a digest in place of its solution."""
    improvements: Mapping[str, ImproveFinished] = field(default_factory=dict)
    spent: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Reservations at each scope and in the scopes inside it, by counter."""
    calls: Mapping[str, Sequence[LmCalled]] = field(default_factory=dict)
    """LM calls of each improvement in the order of the record, with digests in place of texts."""
    granted: Mapping[tuple[str, str], Mapping[str, int]] = field(default_factory=dict)
    """Reservations by path and counter, and by the name of the act."""
    seconds: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """CPU seconds of the instances of the evaluation at each scope: what a replay reports, so that prompts are as recorded."""
    versions: str = f"Python {platform.python_version()}, numpy {np.__version__}"
    """What programs run on; of a resumed or replayed run what its record says, so that prompts are as recorded."""
    suites: Mapping[str, SuiteRan] = field(default_factory=dict)
    """Digest of a program → what the user's tests said of it, with whole texts."""
    ends: tuple[SearchEnded, ...] = ()
    """How the search ended before its end, each time that it went on afterwards."""
    last: SearchEnded | None = None
    """Of a run that is repeated: how its search ended before its end, if it did."""
    unordered: set[str] = field(default_factory=set)
    """Improvements whose threads ask, as far as this execution shows: their acts come in another order each time."""

    def evaluation(self, budget: Budget, candidate: str | None) -> Evaluated | None:
        """The evaluation of `candidate` at `budget`, if it was completed; its costs are counted again.

        An improver that is executed again may evaluate another candidate there.
        """
        event = self.evaluations.get(budget.path)
        if event is None or event.solution != (None if candidate is None else digest_of(candidate)):
            return None
        self._restore(budget)
        return replace(event, solution=candidate)

    def improvement(self, budget: Budget) -> ImproveFinished | None:
        """The improvement at `budget`, if it was completed; its costs are counted again."""
        event = self.improvements.get(budget.path)
        if event is not None:
            self._restore(budget)
        return event

    def has_copies(self, scope: str, copies: int, result: str) -> bool:
        """Whether every copy of the measurement at `scope` is complete; `result` names the last evaluation of a copy."""
        return all(f"{scope}/copy{number}/{result}" in self.evaluations for number in range(copies))

    def of_pair(self, a: str, b: str) -> CompletedWork:
        """This work for two improvements that share responses: completed only if both are.

        Otherwise the repeated one would ask, and pay, for responses that the other had already received.
        """
        return self if {a, b} <= self.improvements.keys() else replace(self, improvements={})

    def _restore(self, budget: Budget) -> None:
        # Money and tokens are restored for the whole run when it resumes.
        for counter, amount in self.spent.get(budget.path, {}).items():
            if counter not in (COST, TOKENS):
                budget.restore(counter, amount)


NOTHING = CompletedWork()
"""The completed work of a new run."""
