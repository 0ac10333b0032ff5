"""Budgets: a tree of counters that are reserved before use.

run ⊃ iteration ⊃ improve ⊃ nested improve (§4, "budget constraints"). A reservation counts in its budget and in every budget
above, or in none of them. Guests never hold a budget, only numbers copied from one.

Calls cost what was reserved. Money and tokens are known only after a call: `hold` reserves the worst case before the call, and
`settle` replaces that by the actual amount.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from weakref import WeakValueDictionary

from strop.base.errors import BudgetExceeded
from strop.base.events import BudgetMoved
from strop.base.later import dataclass

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
HELD_OUT = "held_out"
"""Held-out instances on which a command's program and the original were measured; counted so that a view can show progress."""
COST = "cost"
"""Money for the language model, in billionths of a dollar."""
TOKENS = "tokens"
"""Tokens of the language model, in and out."""


@dataclass(frozen=True)
class Grant:
    """How much one improvement may spend. The defaults are those of the published implementation (microsoft/stop,
    `config.py`)."""

    utility_calls: int = 25
    """Evaluations that the improver may ask for."""
    lm_calls: int = 4
    """LM calls that the improver may make."""
    max_responses_per_call: int = 6
    """The most responses of one LM call."""
    slack: int = 1
    """The real limit, as a multiple of the budget that the improver sees. It is 1 outside of `strop reproduce budgets`."""


class _Level:
    """The state that all nodes of one tree share."""

    def __init__(self, on_movement: Callable[[BudgetMoved], None] | None) -> None:
        self.settled = threading.Condition(threading.Lock())
        """Its lock guards all counters; it is notified at each settlement."""
        self.on_movement = on_movement
        self.nodes: WeakValueDictionary[str, Budget] = WeakValueDictionary()
        self.granted: dict[tuple[str, str], dict[str, int]] = {}
        """(path, counter) → act → amount that an earlier execution was granted and this one has not reserved yet."""
        self.counted: frozenset[str] = frozenset()
        """Counters for which the root counted the spending of the earlier execution at the start."""


class Budget:
    """Counts what is spent in a part of a run, and refuses what would exceed a limit.

    Budgets are a tree: what is reserved in one counts in every budget above it. All share one lock, so that a
    reservation is made in all of them or in none.
    """

    def __init__(
        self,
        limits: Mapping[str, int] | None = None,
        *,
        on_movement: Callable[[BudgetMoved], None] | None = None,
    ) -> None:
        """A root. `limits` maps counters to their largest totals (≥ 0); counters without a limit are only counted."""
        self._setup("", None, limits, _Level(on_movement))

    def _setup(self, path: str, parent: Budget | None, limits: Mapping[str, int] | None, tree: _Level) -> None:
        for counter, limit in (limits or {}).items():
            if limit < 0:
                raise ValueError(f"the limit of {counter} is {limit}; it must be 0 or more")
        self.path = path
        self._parent = parent
        self._limits = dict(limits or {})
        self._used: dict[str, int] = {}
        self._held: dict[str, int] = {}
        """The part of `_used` that is held and not settled."""
        self._tree = tree
        with tree.settled:
            tree.nodes[path] = self

    def child(self, name: str, limits: Mapping[str, int] | None = None) -> Budget:
        """A new budget inside this one. What it spends counts in both."""
        node = Budget.__new__(Budget)
        node._setup(f"{self.path}/{name}" if self.path else name, self, limits, self._tree)
        return node

    def node(self, path: str) -> Budget:
        """The latest budget at `path` of this tree; the nearest budget above if none is alive there."""
        with self._tree.settled:
            nodes = self._tree.nodes
            while path:
                node = nodes.get(path)
                if node is not None:
                    return node
                path = path.rpartition("/")[0]
            return list(self._chain())[-1]

    def reserve(self, counter: str, amount: int = 1, act: str = "") -> None:
        """Count `amount` (≥ 1) here and in every budget above, before the work is done. It cannot be returned.

        `act` names what is asked for, uniquely in this budget. An act that an earlier execution was granted is granted again (see
        `recall`).

        Raises:
            BudgetExceeded: a budget of the chain does not cover it; nothing was counted.
        """
        if amount < 1:
            raise ValueError(f"cannot reserve {amount} {counter}; the least is 1")
        with self._tree.settled:
            earlier = self._tree.granted.get((self.path, counter), {}).pop(act, 0) > 0
            if earlier:
                self._tree.settled.notify_all()
            refusal = None if earlier else self._refusal({counter: amount})
            if refusal is None:
                self._count(counter, amount, earlier=earlier)
            used = self._used.get(counter, 0)
        # A refusal of the root ends the run, which reports it. It is not an event: the run may be resumed with a larger limit.
        if refusal is None or refusal.path or not self.path:
            self._report(counter, amount, refusal is None, used, act)
        if refusal is not None:
            raise refusal

    def was_granted(self, counter: str, act: str) -> bool:
        """Whether an earlier execution was granted this act, which was not reserved again yet."""
        with self._tree.settled:
            return act in self._tree.granted.get((self.path, counter), {})

    def await_granted(self, seconds: float) -> None:
        """Wait until every act that an earlier execution was granted here is reserved again, or for `seconds` none has been."""

        def left() -> int:
            return sum(len(acts) for (path, _), acts in self._tree.granted.items() if path == self.path)

        with self._tree.settled:
            while (before := left()) and self._tree.settled.wait_for(lambda: left() < before, seconds):
                pass

    def hold(self, amounts: Mapping[str, int], *, wait: bool = True) -> None:
        """Reserve the worst case (≥ 0) of several counters at once, to be settled by `settle`.

        With `wait`, wait as long as other holds may be settled for less, which would make room.

        Raises:
            BudgetExceeded: a budget of the chain does not cover it, even if all other holds were released (without `wait`: now).
                Nothing was counted.
        """
        if any(amount < 0 for amount in amounts.values()):
            raise ValueError(f"cannot hold negative amounts: {dict(amounts)}")
        movements: list[tuple[str, int, int]] = []
        with self._tree.settled:
            refusal = self._refusal(amounts)
            while refusal is not None and wait and self._refusal(amounts, released=True) is None:
                self._tree.settled.wait()
                refusal = self._refusal(amounts)
            for counter, amount in amounts.items():
                if refusal is None:
                    self._count(counter, amount)
                    for node in self._chain():
                        node._held[counter] = node._held.get(counter, 0) + amount
                movements.append((counter, amount, self._used.get(counter, 0)))
        for counter, amount, used in movements:
            if refusal is None and amount:
                self._report(counter, amount, True, used)
            elif refusal is not None and wait and counter == refusal.counter:
                self._report(counter, amount, False, used)
        if refusal is not None:
            raise refusal

    def settle(self, counter: str, held: int, actual: int) -> None:
        """Replace `held`, reserved by `hold` in this budget, by the actual amount (≥ 0), which may be more and exceed a limit."""
        if actual < 0 or held < 0:
            raise ValueError(f"{counter}: {held} held and {actual} used; neither can be below 0")
        with self._tree.settled:
            if held > self._held.get(counter, 0):
                raise ValueError(f"{counter}: {held} cannot be settled, only {self._held.get(counter, 0)} are held")
            self._count(counter, actual - held)
            for node in self._chain():
                node._held[counter] -= held
            used = self._used[counter]
            self._tree.settled.notify_all()
        if actual != held:
            self._report(counter, actual - held, True, used)

    def restore(self, counter: str, amount: int) -> None:
        """Count earlier spending (≥ 0) here and above, in a resumed run: without a movement, and whatever the limits are."""
        if amount < 0:
            raise ValueError(f"cannot restore {amount} {counter}")
        with self._tree.settled:
            self._count(counter, amount, earlier=self._parent is not None)

    def recall(
        self, granted: Mapping[tuple[str, str], Mapping[str, int]], counted: frozenset[str] = frozenset()
    ) -> None:
        """Reserve in this tree what an earlier execution of the same work was granted: amounts of acts, by path and counter.

        An amount is kept for its act, so that no other act spends it when work comes in another order. The root counts the
        `counted` counters now, and not again when acts are reserved or restored.
        """
        with self._tree.settled:
            self._tree.granted = {key: dict(acts) for key, acts in granted.items()}
            self._tree.counted = counted
            for (_, counter), acts in granted.items():
                if counter in counted:
                    self._count(counter, sum(acts.values()))

    def used(self, counter: str) -> int:
        """The total reserved here and in the budgets inside."""
        with self._tree.settled:
            return self._used.get(counter, 0)

    def held(self, counter: str) -> int:
        """The part of `used` that is held and not settled: the worst case of work in flight."""
        with self._tree.settled:
            return self._held.get(counter, 0)

    def remaining(self, counter: str, *, with_run: bool = True) -> int | None:
        """What can still be reserved here, given all limits of the chain; None without a limit.

        `with_run=False` leaves out the limits of the root, which guests do not learn of. At least 0, even if a settled or
        restored call exceeded a limit.
        """
        with self._tree.settled:
            nodes = [node for node in self._chain() if counter in node._limits and (with_run or node._parent)]
            unreserved = [node._limits[counter] - node._used.get(counter, 0) for node in nodes]
        return max(min(unreserved), 0) if unreserved else None

    def _chain(self) -> Iterator[Budget]:
        node: Budget | None = self
        while node is not None:
            yield node
            node = node._parent

    def _count(self, counter: str, amount: int, *, earlier: bool = False) -> None:
        """Add `amount` here and above. `earlier`: an earlier execution spent it, and the root may have counted it already."""
        is_counted = earlier and counter in self._tree.counted
        for node in self._chain():
            if node._parent or not is_counted:
                node._used[counter] = node._used.get(counter, 0) + amount

    def _refusal(self, amounts: Mapping[str, int], *, released: bool = False) -> BudgetExceeded | None:
        """The first refusal of the chain; None if all of it covers the amounts. `released`: as if all holds were released."""
        for counter, amount in amounts.items():
            for node in self._chain():
                granted = sum(self._tree.granted.get((node.path, counter), {}).values())
                used, limit = node._used.get(counter, 0) + granted, node._limits.get(counter)
                free = node._held.get(counter, 0) if released else 0
                if limit is not None and amount and used - free + amount > limit:
                    return BudgetExceeded(path=node.path, counter=counter, limit=limit, used=used, asked=amount)
        return None

    def _report(self, counter: str, amount: int, granted: bool, used: int, act: str = "") -> None:
        if self._tree.on_movement is not None:
            limit = self._limits.get(counter)
            self._tree.on_movement(
                BudgetMoved(
                    scope=self.path, counter=counter, amount=amount, granted=granted, used=used, limit=limit, act=act
                )
            )
