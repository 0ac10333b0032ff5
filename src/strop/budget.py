"""Budgets: a tree of counters that are reserved before use.

run ⊃ iteration ⊃ improve ⊃ nested improve (§4, "budget constraints"). A reservation counts in the budget it is made in and in
every budget above it, or in none of them. Guests never hold a budget, only numbers copied out of one.

Not here: money and tokens, which are known only after the call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from strop.errors import BudgetExceeded

LM_CALLS = "lm_calls"
"""Calls of the language model; one call gives at most `max_responses_per_call` responses."""
RESPONSES = "responses"
"""Responses of the language model."""
UTILITY_CALLS = "utility_calls"
"""Calls of a downstream utility *u*."""
META_UTILITY_CALLS = "meta_utility_calls"
"""Calls of the meta-utility *û*."""
GATE_PAIRS = "gate_pairs"
"""Paired evaluations of two improvers by a gate; one pair is one downstream task improved by both."""


@dataclass(frozen=True)
class Movement:
    """One reservation, granted or refused."""

    path: str
    """The budget that was asked, e.g. `t2/improve`."""
    counter: str
    amount: int
    granted: bool
    used: int
    """What that budget has used after this movement."""
    limit: int | None
    """That budget's own limit, None for none."""


class Budget:
    """One node of the tree. All nodes of a tree share one lock, so a reservation is one step whatever the threads do."""

    def __init__(
        self,
        limits: Mapping[str, int] | None = None,
        *,
        on_movement: Callable[[Movement], None] | None = None,
    ) -> None:
        """A root. `limits` maps a counter to the largest total it may reach (≥ 0); a counter without a limit is only counted."""
        self._setup("", None, limits, threading.Lock(), on_movement)

    def _setup(
        self,
        path: str,
        parent: Budget | None,
        limits: Mapping[str, int] | None,
        lock: threading.Lock,
        on_movement: Callable[[Movement], None] | None,
    ) -> None:
        for counter, limit in (limits or {}).items():
            if limit < 0:
                raise ValueError(f"the limit of {counter} is {limit}; it must be 0 or more")
        self.path = path
        self._parent = parent
        self._limits = dict(limits or {})
        self._used: dict[str, int] = {}
        self._lock = lock
        self._on_movement = on_movement

    def child(self, name: str, limits: Mapping[str, int] | None = None) -> Budget:
        """A budget inside this one: what it spends, this one spends too."""
        node = Budget.__new__(Budget)
        node._setup(f"{self.path}/{name}" if self.path else name, self, limits, self._lock, self._on_movement)
        return node

    def reserve(self, counter: str, amount: int = 1) -> None:
        """Count `amount` (≥ 1) here and in every budget above, before the work is done. There is no giving back.

        Raises:
            BudgetExceeded: some budget of the chain does not cover it; nothing was counted anywhere.
        """
        if amount < 1:
            raise ValueError(f"cannot reserve {amount} {counter}; the least is 1")
        with self._lock:
            refusal = next((node for node in self._chain() if not node._covers(counter, amount)), None)
            if refusal is None:
                for node in self._chain():
                    node._used[counter] = node._used.get(counter, 0) + amount
            used = self._used.get(counter, 0)
        if self._on_movement is not None:
            self._on_movement(Movement(self.path, counter, amount, refusal is None, used, self._limits.get(counter)))
        if refusal is not None:
            raise BudgetExceeded(
                path=refusal.path,
                counter=counter,
                limit=refusal._limits[counter],
                used=refusal._used.get(counter, 0),
                asked=amount,
            )

    def used(self, counter: str) -> int:
        """What has been reserved here and in the budgets inside."""
        with self._lock:
            return self._used.get(counter, 0)

    def remaining(self, counter: str) -> int | None:
        """What could still be reserved here, given every limit of the chain; None where there is no limit."""
        with self._lock:
            rooms = [n._limits[counter] - n._used.get(counter, 0) for n in self._chain() if counter in n._limits]
        return min(rooms, default=None)

    def _chain(self) -> list[Budget]:
        nodes: list[Budget] = []
        node: Budget | None = self
        while node is not None:
            nodes.append(node)
            node = node._parent
        return nodes

    def _covers(self, counter: str, amount: int) -> bool:
        limit = self._limits.get(counter)
        return limit is None or self._used.get(counter, 0) + amount <= limit
