"""What a record holds of the work that is being done: whatever ended before is taken from it, not done again.

A run that goes on is carried out from its beginning, and asks at three places whether it knows the result: a finished
improvement, an evaluation, an answer of the language model (strop.lm.replay). Nothing is cut out of the record and nothing in
it depends on the moment at which the run ended. Here: the first two. Not here: how a record is read (strop.runs.resume).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from strop.base.budget import COST, TOKENS, Budget
from strop.base.events import Evaluated, ImproveFinished
from strop.base.solution import digest_of


@dataclass(frozen=True)
class CompletedWork:
    """Results by the scope that they were recorded at. The empty one knows nothing: everything is done.

    Evaluations have the digest of what was evaluated, in the place of its text.
    """

    evaluations: Mapping[str, Evaluated] = field(default_factory=dict)
    improvements: Mapping[str, ImproveFinished] = field(default_factory=dict)
    spent: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """What was reserved at each scope and in the scopes inside it, by counter."""

    def evaluation(self, at: Budget, candidate: str | None) -> Evaluated | None:
        """The evaluation of `candidate` at `at`, if it ended; what it spent inside is then counted again.

        An improver that is run again may return another solution than the one that was evaluated there.
        """
        found = self.evaluations.get(at.path)
        if found is None or found.solution != (None if candidate is None else digest_of(candidate)):
            return None
        self._restore(at)
        return replace(found, solution=candidate)

    def improvement(self, at: Budget) -> ImproveFinished | None:
        """The improvement at `at`, if it ended; what it spent is then counted again."""
        found = self.improvements.get(at.path)
        if found is not None:
            self._restore(at)
        return found

    def of_pair(self, a: str, b: str) -> CompletedWork:
        """This, for two improvements that share answers: one is taken from the record only if the other can be too.

        Else the one that is done would get as new, and at their price, answers that were given again.
        """
        return self if {a, b} <= self.improvements.keys() else replace(self, improvements={})

    def _restore(self, at: Budget) -> None:
        # Money and tokens are restored whole when the run goes on: they are spent where the model is asked.
        for counter, amount in self.spent.get(at.path, {}).items():
            if counter not in (COST, TOKENS):
                at.restore(counter, amount)


NOTHING = CompletedWork()
"""The past of work that begins."""
