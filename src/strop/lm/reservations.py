"""Money and tokens of requests in flight, reserved in the budget before they are sent.

A reservation is the 99th percentile of the last `REMEMBERED` answers of known usage and a quarter more; tokens of a prompt are
learnt for each of its bytes. With fewer than `ENOUGH_ANSWERS` answers the margin is larger; it is the worst case before the first
answer, and always where the budget is strict. For every `RUNAWAY_SHARE` requests in flight, what one of them may take beyond its
reservation is reserved too, less `OVERSHOOT` of the limit: the limit may be exceeded by that if one request in eight reaches its
worst case.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from strop.base.budget import COST, TOKENS, Budget
from strop.base.errors import BudgetExceeded

ENOUGH_ANSWERS = 20
"""Answers after which the margin is `MARGIN`. With fewer it is larger: after one answer, 25 times that answer is reserved."""
REMEMBERED = 200
QUANTILE = 0.99
MARGIN = 1.25
RUNAWAY_SHARE = 8
OVERSHOOT = 0.05
_UNLIMITED = 1 << 80


@dataclass(frozen=True)
class Bill:
    """The cost of one response. `cost` is in billionths of a dollar, 0 if no price is known."""

    tokens: int = 0
    cost: int = 0

    def __add__(self, other: Bill) -> Bill:
        return Bill(self.tokens + other.tokens, self.cost + other.cost)

    def __sub__(self, other: Bill) -> Bill:
        """What this has beyond the other, at least 0."""
        return Bill(max(0, self.tokens - other.tokens), max(0, self.cost - other.cost))

    def __mul__(self, times: int) -> Bill:
        return Bill(self.tokens * times, self.cost * times)

    @property
    def amounts(self) -> dict[str, int]:
        """The amounts by counter of a budget: tokens, and billionths of a dollar."""
        return {TOKENS: self.tokens, COST: self.cost}


class SeenUsage:
    """The tokens of answers so far. Not locked."""

    def __init__(self) -> None:
        self._output: deque[int] = deque(maxlen=REMEMBERED)
        self._per_byte: deque[float] = deque(maxlen=REMEMBERED)
        """Tokens of a prompt for each of its bytes."""

    def learn(self, prompt_bytes: int, answers: Sequence[tuple[int, int, int]]) -> None:
        """Learn from the answers to equal requests: for each its bytes, and its tokens in and out.

        Where one answer has the usage of all, tokens out are divided by length.
        """
        total, size = sum(out for _, _, out in answers), sum(length for length, _, _ in answers)
        together = any(length and not out for length, _, out in answers)
        for length, tokens_in, out in answers:
            self._output.append(math.ceil(total * length / size) if together and size else out)
            if tokens_in:
                self._per_byte.append(tokens_in / max(prompt_bytes, 1))

    def likely(self, prompt_bytes: int, most_in: int, most_out: int) -> tuple[int, int]:
        """(tokens in, tokens out) to reserve for one response; the arguments are its worst case."""
        if not self._output or not self._per_byte:
            return most_in, most_out
        into = math.ceil(_margin(self._per_byte) * _high(self._per_byte) * prompt_bytes)
        return min(into, most_in), min(math.ceil(_margin(self._output) * _high(self._output)), most_out)


def _margin(values: Sequence[float]) -> float:
    """Tokens to reserve for each token of the quantile."""
    return MARGIN * max(1.0, ENOUGH_ANSWERS / len(values))


def _high(values: Sequence[float]) -> float:
    """The quantile by nearest rank: the largest of fewer than a hundred."""
    return sorted(values)[math.ceil(QUANTILE * len(values)) - 1]


class Reservations:
    """What is reserved for the requests in flight of one run. Safe to use from many threads."""

    def __init__(self, root: Budget, overshoot: float = OVERSHOOT) -> None:
        """`root` is the budget of the run; its limits may be exceeded by the share `overshoot`."""
        self._root = root
        self._changed = threading.Condition()
        """Guards the attributes below; notified when something is settled."""
        self._in_flight = 0
        self._cover = Bill()
        """Reserved at the root for one in `RUNAWAY_SHARE` of the requests in flight, which may run to its worst case."""
        self._more = Bill()
        """What any of these may take beyond its reservation, at most."""
        self._spent: BudgetExceeded | None = None

        def beyond(counter: str) -> int:
            room = root.remaining(counter)
            return _UNLIMITED if room is None else int(overshoot * (room + root.used(counter)))

        self._beyond = Bill(beyond(TOKENS), beyond(COST))

    def hold(self, worst: Sequence[Bill], likely: Callable[[], Sequence[Bill]], at: Budget) -> list[Bill]:
        """Reserve for as many of these requests, in order, as the budget `at` covers. Returns the reservation of each of them.

        If it covers none, waits for requests in flight to return some. `likely` gives the reservations, and is called again after
        each wait.

        Raises:
            BudgetExceeded: the budget covers none and nothing is in flight. Every later call raises it, too.
        """
        with self._changed:
            while True:
                if self._spent is not None:
                    raise self._spent
                usual = likely()
                if count := self._hold(worst, usual, at):
                    return list(usual[:count])
                if not self._in_flight:
                    self._refuse(usual[0] + self._covering(worst[0] - usual[0], 1), at)
                self._changed.wait()

    def settle(self, reserved: Bill, actual: Bill, at: Budget) -> None:
        """Replace the reservation of one request by what it took."""
        with self._changed:
            for counter, amount in actual.amounts.items():
                at.settle(counter, reserved.amounts[counter], amount)
            self._in_flight -= 1
            self._more = self._more if self._in_flight else Bill()
            fall = self._cover - self._covering(self._more, self._in_flight)
            for counter, amount in fall.amounts.items():
                if amount:
                    self._root.settle(counter, amount, 0)
            self._cover = self._cover - fall
            self._changed.notify_all()

    def _hold(self, worst: Sequence[Bill], likely: Sequence[Bill], at: Budget) -> int:
        """Reserve for as many of the requests as the budget covers now; how many."""
        for count, (most, usual) in enumerate(zip(worst, likely, strict=True)):
            more = self._more + (most - usual - self._more)
            rise = self._covering(more, self._in_flight + 1) - self._cover
            total = usual + rise
            if any(room is not None and total.amounts[c] > room for c in (TOKENS, COST) for room in [at.remaining(c)]):
                return count
            at.hold(usual.amounts, wait=False)
            if rise != Bill():
                self._root.hold(rise.amounts, wait=False)
            self._cover, self._more = self._cover + rise, more
            self._in_flight += 1
        return len(worst)

    def _covering(self, more: Bill, in_flight: int) -> Bill:
        """What to reserve if one in `RUNAWAY_SHARE` of so many requests takes `more` than its reservation."""
        return more * math.ceil(in_flight / RUNAWAY_SHARE) - self._beyond

    def _refuse(self, total: Bill, at: Budget) -> None:
        """Nothing in flight may return anything.

        Raises:
            BudgetExceeded: always, and in every later call.
        """
        try:
            at.hold(total.amounts)
        except BudgetExceeded as refusal:
            self._spent = refusal
            raise
        raise AssertionError("the budget covers a request that it did not cover before")
