"""Whether the search of a run may go on."""

from __future__ import annotations

from strop.base.budget import LM_CALLS, Budget
from strop.base.errors import SearchOver
from strop.base.later import dataclass


@dataclass
class SearchState:
    """Whether new acts are granted to the improvements of a session. Acts that an earlier execution was granted are granted
    again."""

    over: SearchOver | None = None
    """Why no new LM call and no new evaluation is granted; None if they are."""
    unasked: SearchOver | None = None
    """Why the model is not asked for responses; None if it is. Responses of the record are still evaluated."""

    @property
    def unanswered(self) -> SearchOver | None:
        """Why a request without a recorded response gets none; None if the model may be asked."""
        return self.over or self.unasked

    def check(self, budget: Budget, counter: str, act: str) -> None:
        """Raises SearchOver if an act that no earlier execution was granted comes too late."""
        why = self.unanswered if counter == LM_CALLS else self.over
        if why is not None and not budget.was_granted(counter, act):
            raise why
