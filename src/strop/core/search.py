"""Whether the search of a run may go on."""

from __future__ import annotations

from strop.base.budget import LM_CALLS, Budget
from strop.base.errors import SearchOver
from strop.base.later import dataclass


@dataclass
class SearchState:
    """What all improvements of a session ask before each act. What an earlier execution was granted is granted again."""

    over: SearchOver | None = None
    """Why nothing new is granted: no LM call and no evaluation."""
    unasked: SearchOver | None = None
    """Why no response is asked for that is not recorded; what was paid for is evaluated."""

    @property
    def unanswered(self) -> SearchOver | None:
        """Why a request without a recorded response gets none; None if the model was asked."""
        return self.over or self.unasked

    def check(self, budget: Budget, counter: str, act: str) -> None:
        """Raises SearchOver if an act that no earlier execution was granted comes too late."""
        why = self.unanswered if counter == LM_CALLS else self.over
        if why is not None and not budget.was_granted(counter, act):
            raise why
