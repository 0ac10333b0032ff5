"""Money and tokens of a model: set aside in the budget before a call, and settled by the server's usage after it.

What is set aside is what answers took so far, with a margin (`reservations.py`), or the worst case where the budget is strict and
until the first answer came. The worst case of a response is one token for each byte of its prompt, with what a server puts around
it, and as many tokens as it may answer with. For every eight requests in flight what one of them may take beyond its reservation
is set aside too, but for 5% of the limit: so much the limit may be passed by, if one in eight runs to its worst case at once.

What a server says it used is what it bills, and what counts. Where it says nothing, or what cannot be right, the worst case
counts. Attempts that failed after the server may have worked (`Fault.maybe_billed`) count as a reservation each.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from strop.base.budget import COST, TOKENS, Budget
from strop.base.console import notify
from strop.base.errors import BudgetExceeded, LanguageModelError, RunBudgetSpent
from strop.base.terminal_text import escape
from strop.lm.base import Completion, Fault, Keep, LanguageModel, Request, dropped
from strop.lm.batch import CompletionBatch, Wrapper
from strop.lm.prices import Tariff
from strop.lm.reservations import OVERSHOOT, RUNAWAY_SHARE, SeenUsage

UNKNOWN_USAGE = "reports no token usage, or one that cannot be right; limits count the worst case of such answers"
"""Said once of a model, where tokens or money are limited."""
_BELIEVED = 4
"""Usage of more than so many times the worst case is a mistake, not usage."""


_Prompt: TypeAlias = tuple[str, str, float]
"""What equal requests have in common."""


@dataclass(frozen=True)
class Bill:
    """What one response costs, or may cost. `cost` is in billionths of a dollar, 0 where no price is known."""

    tokens: int = 0
    cost: int = 0

    def __add__(self, other: Bill) -> Bill:
        return Bill(self.tokens + other.tokens, self.cost + other.cost)

    def __sub__(self, other: Bill) -> Bill:
        """What this has beyond the other, 0 where it has less."""
        return Bill(max(0, self.tokens - other.tokens), max(0, self.cost - other.cost))

    def __mul__(self, times: int) -> Bill:
        return Bill(self.tokens * times, self.cost * times)

    @property
    def amounts(self) -> dict[str, int]:
        """By counter of a budget."""
        return {TOKENS: self.tokens, COST: self.cost}


_UNLIMITED = 1 << 80


@dataclass
class _Asking:
    """The part of one call that is under way."""

    requests: Sequence[Request]
    positions: Sequence[int]
    """Of these requests in the call."""
    worst: Sequence[Bill]
    likely: Sequence[Bill]
    """What is set aside for each, and for each attempt whose end nobody saw."""
    at: Budget
    open: dict[int, Bill]
    """What is held, by index."""
    said: dict[_Prompt, list[int]] = field(default_factory=dict)
    """[tokens in, tokens out] that the server named so far for equal requests: the first of them often carries those of all."""
    came: dict[_Prompt, list[tuple[int, int, int]]] = field(default_factory=dict)
    """(bytes, tokens in, tokens out) of the answers to equal requests so far."""


class Metered(Wrapper):
    """A `LanguageModel` whose calls are paid out of a budget."""

    def __init__(
        self, model: LanguageModel, tariffs: Mapping[str, Tariff], budget: Budget | None = None, *, strict: bool = False
    ) -> None:
        """`tariffs` has one entry for each member that `model` may ask, by specification; `budget` is the run's root.

        `strict`: the worst case is always set aside, so that no answer passes a limit.
        """
        if not tariffs:
            raise ValueError("a model needs a tariff")
        super().__init__(model)
        self._tariffs = dict(tariffs)
        self._strict = strict
        self._changed = threading.Condition()
        """Guards what follows; notified when something is settled."""
        self._usage = SeenUsage()
        self._in_flight = 0
        self._cover = Bill()
        """Held at the root for one in `RUNAWAY_SHARE` of the requests in flight that run to their worst case."""
        self._more = Bill()
        """What any of these may take beyond its reservation, at most."""
        self._told = False
        self.spend_in(budget or Budget())

    def spend_in(self, budget: Budget) -> None:
        """Pay out of `budget`, the root of a run, from now on; before anything is asked."""
        self._budget = budget
        self._spent: BudgetExceeded | None = None
        share = 0.0 if self._strict else OVERSHOOT
        rooms = {counter: budget.remaining(counter) for counter in (TOKENS, COST)}
        beyond = {
            counter: _UNLIMITED if room is None else int(share * (room + budget.used(counter)))
            for counter, room in rooms.items()
        }
        self._beyond = Bill(beyond[TOKENS], beyond[COST])

    def worst_case(self, request: Request) -> Bill:
        """What one attempt at one response may cost at most, whichever member answers."""
        prompt = _bytes(request.expertise) + _bytes(request.message)
        return _dearest(_most(tariff, *tariff.most_tokens(prompt)) for tariff in self._tariffs.values())

    def _likely(self, request: Request) -> Bill:
        """What is set aside for one response."""
        if self._strict:
            return self.worst_case(request)
        prompt = _bytes(request.expertise) + _bytes(request.message)
        return _dearest(
            _most(tariff, *self._usage.likely(prompt, *tariff.most_tokens(prompt))) for tariff in self._tariffs.values()
        )

    def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
        """One completion for each request, in order, with its cost. Waits where calls in flight hold what is missing.

        What fits in the budget is asked for, even where not all of it does.

        Raises:
            RunBudgetSpent: the budget of money or tokens does not cover the rest, now or in any later call.
            LanguageModelError: the model failed.
            In both cases what it answered is in the error, and was given to `keep`.
        """
        batch = CompletionBatch(requests, keep)
        begun = 0
        while begun < len(requests):
            try:
                asking = self._held(requests, begun)
            except BudgetExceeded as refusal:
                raise RunBudgetSpent(refusal, tuple(batch.answers)) from None
            begun += len(asking.requests)
            try:
                self._ask(asking, batch)
            except (LanguageModelError, RunBudgetSpent) as error:
                error.completions = tuple(batch.answers)
                raise
        return batch.completions()

    def skip(self, count: int) -> None:
        """Let the model take `count` answers as given, where it gives them in an order of its own."""
        skip = getattr(self._model, "skip", None)
        if skip is not None:
            skip(count)

    def _held(self, requests: Sequence[Request], begun: int) -> _Asking:
        """As many of the requests from `begun` on as the budget covers now, at least one, with their worst case held.

        Raises:
            BudgetExceeded: not one is covered, and nothing in flight may give enough back.
        """
        at = self._budget.node(requests[begun].scope)
        worst = [self.worst_case(request) for request in requests[begun:]]
        with self._changed:
            while True:
                if self._spent is not None:
                    raise self._spent
                likely = [self._likely(request) for request in requests[begun:]]
                count = self._hold(worst, likely, at)
                if count:
                    break
                if not self._in_flight:
                    self._refuse(likely[0] + self._covering(worst[0] - likely[0], 1), at)
                self._changed.wait()
        positions = range(begun, begun + count)
        held = dict(enumerate(likely[:count]))
        return _Asking(requests[begun : begun + count], positions, worst[:count], likely[:count], at, held)

    def _hold(self, worst: Sequence[Bill], likely: Sequence[Bill], at: Budget) -> int:
        """Set aside for as many of the requests as the budget covers now; how many."""
        count = 0
        for most, usual in zip(worst, likely, strict=True):
            more = self._more + (most - usual - self._more)
            rise = self._covering(more, self._in_flight + 1) - self._cover
            total = usual + rise
            if any(room is not None and total.amounts[c] > room for c in (TOKENS, COST) for room in [at.remaining(c)]):
                break
            at.hold(usual.amounts, wait=False)
            if rise != Bill():
                self._budget.hold(rise.amounts, wait=False)
            self._cover, self._more = self._cover + rise, more
            self._in_flight += 1
            count += 1
        return count

    def _covering(self, more: Bill, in_flight: int) -> Bill:
        """What to hold where one in `RUNAWAY_SHARE` of so many requests may take `more` than its reservation."""
        return more * math.ceil(in_flight / RUNAWAY_SHARE) - self._beyond

    def _uncover(self) -> None:
        """Give back what fewer requests in flight no longer need."""
        self._more = self._more if self._in_flight else Bill()
        fall = self._cover - self._covering(self._more, self._in_flight)
        for counter, amount in fall.amounts.items():
            if amount:
                self._budget.settle(counter, amount, 0)
        self._cover = self._cover - fall

    def _refuse(self, total: Bill, at: Budget) -> None:
        """Nothing in flight may give anything back.

        Raises:
            BudgetExceeded: always; every later call too.
        """
        try:
            at.hold(total.amounts)
        except BudgetExceeded as refusal:
            self._spent = refusal
            raise
        raise AssertionError("the budget covers what it did not")

    def _ask(self, asking: _Asking, batch: CompletionBatch) -> None:
        """Ask for what is held, and settle it."""

        def arrived(index: int, completion: Completion) -> None:
            bill, completion = self._billed(asking, index, completion)
            try:
                batch.add(asking.positions[index], completion)
            finally:
                doubtful = sum(fault.times for fault in completion.faults if fault.maybe_billed)
                self._settle(asking, index, bill + self._of_equals(asking, index) * doubtful)

        try:
            self._model.complete(asking.requests, arrived)
        except LanguageModelError as error:
            # What was not answered was not billed, but for attempts whose end nobody saw.
            faults = [fault for fault in error.faults if isinstance(fault, Fault)]
            doubtful = Bill()
            if any(fault.maybe_billed for fault in faults):
                dearest = max((self._of_equals(asking, index) for index in asking.open), key=_size, default=Bill())
                doubtful = dearest * sum(fault.times for fault in faults if fault.maybe_billed)
            for number, index in enumerate(list(asking.open)):
                self._settle(asking, index, doubtful if number == 0 else Bill())
            raise
        finally:
            # Only where something else was raised: nobody knows what the server did, so the worst case stays.
            for index in list(asking.open):
                self._settle(asking, index, asking.worst[index])

    def _settle(self, asking: _Asking, index: int, bill: Bill) -> None:
        held = asking.open.pop(index).amounts
        with self._changed:
            for counter, actual in bill.amounts.items():
                asking.at.settle(counter, held[counter], actual)
            self._in_flight -= 1
            self._uncover()
            self._changed.notify_all()

    def _billed(self, asking: _Asking, index: int, completion: Completion) -> tuple[Bill, Completion]:
        """What a completion costs, and the completion that says so, with a fault where its usage is not known."""
        tariff = self._tariff_of(completion)
        if tariff.tokenless:
            return Bill(), replace(completion, cost=0)
        request = asking.requests[index]
        most_in, most_out = tariff.most_tokens(_bytes(request.expertise) + _bytes(request.message))
        length = _bytes(completion.text) + _bytes(completion.reasoning or "")
        most_out = max(most_out, length)
        said = asking.said.setdefault(_prompt(request), [0, 0])
        given_in, given_out = completion.input_tokens, completion.output_tokens
        most = _BELIEVED * len(asking.requests)
        if (given_in or 0) > most * most_in or (given_out or 0) > most * most_out:
            given_in = given_out = None
        said[0] += given_in or 0
        said[1] += given_out or 0
        refused = completion.finish_reason == "refused" and not completion.text
        if not said[0]:
            given_in = None
        if not said[1]:
            given_out = None if completion.text else 0 if refused else given_out
        used_in, used_out = (
            given_in if given_in is not None else most_in,
            given_out if given_out is not None else most_out,
        )
        cost = None if tariff.price is None else tariff.price.cost(used_in, used_out)
        if (given_in is None or given_out is None) and not refused:
            self._tell_once()
        elif given_in is not None and given_out is not None:
            self._learn(asking, request, (length, given_in, given_out))
        return Bill(used_in + used_out, cost or 0), replace(completion, cost=cost)

    def _learn(self, asking: _Asking, request: Request, came: tuple[int, int, int]) -> None:
        """Learn from the answers to equal requests when all of them are there."""
        group = asking.came.setdefault(_prompt(request), [])
        group.append(came)
        if len(group) == sum(_prompt(each) == _prompt(request) for each in asking.requests):
            with self._changed:
                self._usage.learn(_bytes(request.expertise) + _bytes(request.message), group)

    def _tell_once(self) -> None:
        """Say, the first time, that the usage of an answer is not known; of no interest where nothing is limited."""
        with self._changed:
            told, self._told = self._told, True
        if not told and any(self._budget.remaining(counter) is not None for counter in (TOKENS, COST)):
            notify(f"{escape(self.name, 80)} {UNKNOWN_USAGE}")

    def _of_equals(self, asking: _Asking, index: int) -> Bill:
        """Of an attempt at all requests that are equal to this one: they may have travelled together."""
        alike = _prompt(asking.requests[index])
        return asking.likely[index] * sum(1 for each in asking.requests if _prompt(each) == alike)

    def _tariff_of(self, completion: Completion) -> Tariff:
        """Of the member that answered; the dearest where it does not say."""
        found = self._tariffs.get(completion.lm)
        return found or max(self._tariffs.values(), key=lambda each: _size(_most(each, *each.most_tokens(1000))))


def _prompt(request: Request) -> _Prompt:
    return request.expertise, request.message, request.temperature


def _dearest(bills: Iterable[Bill]) -> Bill:
    """The most of each kind."""
    found = list(bills)
    return Bill(max(bill.tokens for bill in found), max(bill.cost for bill in found))


def _most(tariff: Tariff, most_in: int, most_out: int) -> Bill:
    return Bill(most_in + most_out, tariff.price.most(most_in, most_out) if tariff.price else 0)


def _size(bill: Bill) -> tuple[int, int]:
    return bill.cost, bill.tokens


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
