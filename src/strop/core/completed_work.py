"""The completed work of a resumed or replayed run, by scope. It is taken from the record, and not repeated.

A resumed run executes from its beginning. `improve()` and `evaluate()` ask here for results, and the language model looks up
responses by request (`lm.replay`). No other part of strop knows whether work is new. `runs.resume` reads the record.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import field, replace

from strop.base.budget import COST, TOKENS, Budget
from strop.base.events import Evaluated, ImproveFinished, LmCalled, ProgramRan, SearchEnded, SuiteRan
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
    """CPU seconds of the instances of the evaluation at each scope. A replay reports these, so that prompts are as recorded."""
    versions: str = f"Python {platform.python_version()}, numpy {np.__version__}"
    """Versions of Python and NumPy in prompts. A resumed or replayed run has those of its record, so that prompts are as
    recorded."""
    suites: Mapping[str, SuiteRan] = field(default_factory=dict)
    """Digest of a program → the run of the user's tests on it, with texts in full."""
    programs: Mapping[str, ProgramRan] = field(default_factory=dict)
    """Runs of the recorded commands by their scope, with texts in full."""
    ends: tuple[SearchEnded, ...] = ()
    """Each early end of the search after which it went on."""
    last: SearchEnded | None = None
    """The early end of the search that a replay repeats; None if there was none, or in other runs."""
    unordered: set[str] = field(default_factory=set)
    """Scopes of improvements in which threads made requests during this execution. Their acts come in another order each time."""

    def evaluation(self, budget: Budget, candidate: str | None) -> Evaluated | None:
        """The completed evaluation of `candidate` at `budget`, whose costs are counted again; None if there is none.

        There is none, too, if an improver that is executed again evaluates another candidate there.
        """
        event = self.evaluations.get(budget.path)
        if event is None or event.solution != (None if candidate is None else digest_of(candidate)):
            return None
        self._restore(budget)
        return replace(event, solution=candidate)

    def improvement(self, budget: Budget) -> ImproveFinished | None:
        """The completed improvement at `budget`, whose costs are counted again; None if there is none."""
        event = self.improvements.get(budget.path)
        if event is not None:
            self._restore(budget)
        return event

    def has_copies(self, scope: str, copies: int, result: str) -> bool:
        """Whether every copy of the measurement at `scope` is complete; `result` names the last evaluation of a copy."""
        return all(f"{scope}/copy{number}/{result}" in self.evaluations for number in range(copies))

    def of_pair(self, a: str, b: str) -> CompletedWork:
        """This work for a pair of improvements that share responses. They count as completed only if both are.

        Otherwise the repeated one would ask, and pay, for responses that the other one had already received.
        """
        return self if {a, b} <= self.improvements.keys() else replace(self, improvements={})

    def _restore(self, budget: Budget) -> None:
        # Money and tokens are restored for the whole run when it resumes.
        for counter, amount in self.spent.get(budget.path, {}).items():
            if counter not in (COST, TOKENS):
                budget.restore(counter, amount)


NOTHING = CompletedWork()
"""The completed work of a new run."""
