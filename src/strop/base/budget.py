"""Budgets: a tree of counters that are reserved before use.

run ⊃ iteration ⊃ improve ⊃ nested improve (§4, "budget constraints"). A reservation counts in the budget it is made in and in
every budget above it, or in none of them. Guests never hold a budget, only numbers copied out of one.

Calls cost what is reserved. Money and tokens are known only after the call: their worst case is held before it (`hold`) and
settled by what it was (`settle`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from weakref import WeakValueDictionary

from strop.base.errors import BudgetExceeded

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
"""Instances of the sealed split on which a command's program is measured beside the original; they are counted, so that a view
can tell how far this is."""
COST = "cost"
"""Money for the language model, in billionths of a dollar."""
TOKENS = "tokens"
"""Tokens of the language model, in and out."""


@dataclass(frozen=True)
class Movement:
    """One reservation, granted or refused, or the settling of one."""

    path: str
    """The budget that was asked, e.g. `t2/improve`."""
    counter: str
    amount: int
    """Below 0 where a settling gives back what was held and not needed."""
    granted: bool
    used: int
    """What that budget has used after this movement."""
    limit: int | None
    """That budget's own limit, None for none."""


class _Tree:
    """What all nodes of one tree share."""

    def __init__(self, on_movement: Callable[[Movement], None] | None) -> None:
        self.settled = threading.Condition(threading.Lock())
        """Its lock guards every counter; it is notified when something held is settled."""
        self.on_movement = on_movement
        self.nodes: WeakValueDictionary[str, Budget] = WeakValueDictionary()
        self.before: dict[str, dict[str, int]] = {}
        """By counter and path: what the root counts already, and its place has not reserved again."""


class Budget:
    """One node of the tree. All nodes of a tree share one lock, so a reservation is one step whatever the threads do."""

    def __init__(
        self,
        limits: Mapping[str, int] | None = None,
        *,
        on_movement: Callable[[Movement], None] | None = None,
    ) -> None:
        """A root. `limits` maps a counter to the largest total it may reach (≥ 0); a counter without a limit is only counted."""
        self._setup("", None, limits, _Tree(on_movement))

    def _setup(self, path: str, parent: Budget | None, limits: Mapping[str, int] | None, tree: _Tree) -> None:
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
        """A budget inside this one: what it spends, this one spends too."""
        node = Budget.__new__(Budget)
        node._setup(f"{self.path}/{name}" if self.path else name, self, limits, self._tree)
        return node

    def node(self, path: str) -> Budget:
        """The budget at `path` of this tree if someone holds it, else the nearest one above; the last made where several were."""
        with self._tree.settled:
            nodes = self._tree.nodes
            while path:
                found = nodes.get(path)
                if found is not None:
                    return found
                path = path.rpartition("/")[0]
            return list(self._chain())[-1]

    def reserve(self, counter: str, amount: int = 1) -> None:
        """Count `amount` (≥ 1) here and in every budget above, before the work is done. There is no giving back.

        Raises:
            BudgetExceeded: some budget of the chain does not cover it; nothing was counted anywhere.
        """
        if amount < 1:
            raise ValueError(f"cannot reserve {amount} {counter}; the least is 1")
        with self._tree.settled:
            before = self._tree.before.get(counter, {})
            known = min(amount, before.get(self.path, 0))
            refusal = self._refusal({counter: amount}, known=known)
            if refusal is None:
                self._count(counter, amount, known)
                if known:
                    before[self.path] -= known
            used = self._used.get(counter, 0)
        # What the root refuses ends the run, whose end tells it: a run that goes on with a larger limit is not to differ by it.
        if refusal is None or refusal.path or not self.path:
            self._tell(counter, amount, refusal is None, used)
        if refusal is not None:
            raise refusal

    def hold(self, amounts: Mapping[str, int], *, wait: bool = True) -> None:
        """Reserve the worst case (≥ 0) of several counters at once; each is to be settled by `settle`.

        Where it does not fit, but would if enough of what is held elsewhere were given back, this waits for that (`wait`).

        Raises:
            BudgetExceeded: some budget of the chain does not cover it, whatever is given back (without `wait`: now).
                Nothing was counted anywhere.
        """
        if any(amount < 0 for amount in amounts.values()):
            raise ValueError(f"cannot hold less than nothing: {dict(amounts)}")
        told: list[tuple[str, int, int]] = []
        with self._tree.settled:
            refusal = self._refusal(amounts)
            while refusal is not None and wait and self._refusal(amounts, given_back=True) is None:
                self._tree.settled.wait()
                refusal = self._refusal(amounts)
            for counter, amount in amounts.items():
                if refusal is None:
                    self._count(counter, amount)
                    for node in self._chain():
                        node._held[counter] = node._held.get(counter, 0) + amount
                told.append((counter, amount, self._used.get(counter, 0)))
        for counter, amount, used in told:
            if refusal is None and amount:
                self._tell(counter, amount, True, used)
            elif refusal is not None and wait and counter == refusal.counter:
                self._tell(counter, amount, False, used)
        if refusal is not None:
            raise refusal

    def settle(self, counter: str, held: int, actual: int) -> None:
        """Replace `held`, which `hold` reserved in this budget, by what it was (≥ 0); that may be more, and pass a limit."""
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
            self._tell(counter, actual - held, True, used)

    def restore(self, counter: str, amount: int) -> None:
        """Count what was spent before (≥ 0) here and above: no movement, and no limit refuses it. For a run that is resumed."""
        if amount < 0:
            raise ValueError(f"cannot restore {amount} {counter}")
        with self._tree.settled:
            known = amount if self._parent and counter in self._tree.before else 0
            self._count(counter, amount, known)

    def restore_root(self, counter: str, by_path: Mapping[str, int]) -> None:
        """Count in this root, now, what was reserved before in the budgets at these paths; once for each root and counter.

        They themselves count it when it is restored or reserved there again, and the root then no more. So work that goes on
        in another order cannot spend what is another's.
        """
        with self._tree.settled:
            self._tree.before[counter] = dict(by_path)
            self._count(counter, sum(by_path.values()))

    def used(self, counter: str) -> int:
        """What has been reserved here and in the budgets inside."""
        with self._tree.settled:
            return self._used.get(counter, 0)

    def held(self, counter: str) -> int:
        """The part of `used` that is held and not settled: the worst case of what is under way."""
        with self._tree.settled:
            return self._held.get(counter, 0)

    def remaining(self, counter: str) -> int | None:
        """What could still be reserved here, given every limit of the chain; None where there is no limit.

        At least 0, also where a settled call, or a restored one, has passed a limit.
        """
        with self._tree.settled:
            rooms = [n._limits[counter] - n._used.get(counter, 0) for n in self._chain() if counter in n._limits]
        return max(min(rooms), 0) if rooms else None

    def _chain(self) -> Iterator[Budget]:
        node: Budget | None = self
        while node is not None:
            yield node
            node = node._parent

    def _count(self, counter: str, amount: int, known: int = 0) -> None:
        for node in self._chain():
            node._used[counter] = node._used.get(counter, 0) + amount - (0 if node._parent else known)

    def _refusal(
        self, amounts: Mapping[str, int], *, given_back: bool = False, known: int = 0
    ) -> BudgetExceeded | None:
        """The first refusal of the chain; `given_back`: as if all that is held were given back; `known`: what the root has."""
        for counter, amount in amounts.items():
            for node in self._chain():
                used, limit = node._used.get(counter, 0), node._limits.get(counter)
                free = node._held.get(counter, 0) if given_back else 0
                asked = amount - (0 if node._parent else known)
                if limit is not None and asked and used - free + asked > limit:
                    return BudgetExceeded(path=node.path, counter=counter, limit=limit, used=used, asked=asked)
        return None

    def _tell(self, counter: str, amount: int, granted: bool, used: int) -> None:
        if self._tree.on_movement is not None:
            self._tree.on_movement(Movement(self.path, counter, amount, granted, used, self._limits.get(counter)))
