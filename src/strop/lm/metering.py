"""Money and tokens of a model: reserved in the budget before a call, and settled by the server's usage after it.

A reservation is what answers took so far, with a margin (`reservations.py`); it is the worst case where the budget is strict, and
before the first answer. The worst case of a response is one token for each byte of its prompt, the overhead of a server, and the
limit of tokens of an answer. For every eight requests in flight, what one of them may take beyond its reservation is reserved
too, less 5% of the limit: the limit may be exceeded by 5% if one request in eight reaches its worst case.

What a server reports as used is what it bills, and what counts. Where it reports nothing, or numbers that cannot be right, the
worst case counts. Attempts that failed after the server may have worked (`Fault.maybe_billed`) count as a reservation each.
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
from strop.lm.batch import CompletionBatch, Wrapper, given
from strop.lm.prices import Tariff
from strop.lm.reservations import OVERSHOOT, RUNAWAY_SHARE, SeenUsage

UNKNOWN_USAGE = "reports no token usage, or one that cannot be right; limits count the worst case of such answers"
"""Reported once about a model, where tokens or money are limited."""
_BELIEVED = 4
"""Usage of more than so many times the worst case is not believed."""


_Prompt: TypeAlias = tuple[str, str, float]
"""What equal requests have in common."""


@dataclass(frozen=True)
class Bill:
    """The cost of one response. `cost` is in billionths of a dollar, 0 where no price is known."""

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
        """By counter of a budget."""
        return {TOKENS: self.tokens, COST: self.cost}


_UNLIMITED = 1 << 80


@dataclass
class _Part:
    """The requests of a call that are asked together, with their reservations."""

    requests: Sequence[Request]
    positions: Sequence[int]
    """Of these requests in the call."""
    worst: Sequence[Bill]
    likely: Sequence[Bill]
    """What is reserved for each, and for each attempt whose end nobody saw."""
    at: Budget
    reserved: dict[int, Bill]
    """By the index of each request that is not settled."""
    reported: dict[_Prompt, list[int]] = field(default_factory=dict)
    """[tokens in, tokens out] that the server reported for equal requests: the first of them often has those of all."""
    answers: dict[_Prompt, list[tuple[int, int, int]]] = field(default_factory=dict)
    """(bytes, tokens in, tokens out) of the answers to equal requests."""

    def equals_of(self, index: int) -> int:
        """How many of the requests are equal to this one."""
        prompt = _prompt(self.requests[index])
        return sum(_prompt(request) == prompt for request in self.requests)

    def of_equals(self, index: int) -> Bill:
        """The cost of an attempt at all requests that are equal to this one: they may have travelled together."""
        return self.likely[index] * self.equals_of(index)


class Metered(Wrapper):
    """A `LanguageModel` whose calls are paid from a budget."""

    def __init__(
        self, model: LanguageModel, tariffs: Mapping[str, Tariff], budget: Budget | None = None, *, strict: bool = False
    ) -> None:
        """`tariffs` has one entry for each member that `model` may ask, by specification; `budget` is the run's root.

        `strict`: the worst case is always reserved, so that no answer exceeds a limit.
        """
        if not tariffs:
            raise ValueError("a model needs a tariff")
        super().__init__(model)
        self._tariffs = dict(tariffs)
        self._strict = strict
        self._changed = threading.Condition()
        """Guards the attributes below; notified when something is settled."""
        self._usage = SeenUsage()
        self._in_flight = 0
        self._cover = Bill()
        """Reserved at the root for one in `RUNAWAY_SHARE` of the requests in flight, which may run to its worst case."""
        self._more = Bill()
        """What any of these may take beyond its reservation, at most."""
        self._reported_unknown = False
        self.spend_in(budget or Budget())

    def spend_in(self, budget: Budget) -> None:
        """Pay from `budget`, the root of a run. Called before the first request."""
        self._budget = budget
        self._spent: BudgetExceeded | None = None
        share = 0.0 if self._strict else OVERSHOOT

        def beyond(counter: str) -> int:
            room = budget.remaining(counter)
            return _UNLIMITED if room is None else int(share * (room + budget.used(counter)))

        self._beyond = Bill(beyond(TOKENS), beyond(COST))
        """By how much the limits may be exceeded."""

    def worst_case(self, request: Request) -> Bill:
        """What one attempt at one response may cost at most, whichever member answers."""
        prompt = _prompt_bytes(request)
        return _dearest(_most(tariff, *tariff.most_tokens(prompt)) for tariff in self._tariffs.values())

    def _likely(self, request: Request) -> Bill:
        """The reservation of one response."""
        if self._strict:
            return self.worst_case(request)
        prompt = _prompt_bytes(request)
        return _dearest(
            _most(tariff, *self._usage.likely(prompt, *tariff.most_tokens(prompt))) for tariff in self._tariffs.values()
        )

    def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
        """One completion for each request, in order, with its cost. Waits for reservations of calls in flight.

        The requests that the budget covers are sent, even where it does not cover all.

        Raises:
            RunBudgetSpent: the budget of money or tokens does not cover the rest, now or in any later call.
            LanguageModelError: the model failed.
            In both cases the answers that arrived are in the error, and were given to `keep`.
        """
        batch = CompletionBatch(requests, keep)
        begun = 0
        while begun < len(requests):
            try:
                part = self._reserve(requests, begun)
            except BudgetExceeded as refusal:
                raise RunBudgetSpent(refusal, tuple(batch.answers)) from None
            begun += len(part.requests)
            try:
                self._ask(part, batch)
            except (LanguageModelError, RunBudgetSpent) as error:
                error.completions = tuple(batch.answers)
                raise
        return batch.completions()

    def given(self, completions: Sequence[Completion]) -> None:
        """See `batch.given`."""
        given(self._model, completions)

    def _reserve(self, requests: Sequence[Request], begun: int) -> _Part:
        """As many of the requests from `begun` on as the budget covers now, at least one, with their reservations.

        Raises:
            BudgetExceeded: it covers none, and nothing in flight may return enough.
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
        reserved = dict(enumerate(likely[:count]))
        return _Part(requests[begun : begun + count], positions, worst[:count], likely[:count], at, reserved)

    def _hold(self, worst: Sequence[Bill], likely: Sequence[Bill], at: Budget) -> int:
        """Reserve for as many of the requests as the budget covers now; how many."""
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
        """What to reserve if one in `RUNAWAY_SHARE` of so many requests takes `more` than its reservation."""
        return more * math.ceil(in_flight / RUNAWAY_SHARE) - self._beyond

    def _uncover(self) -> None:
        """Return what fewer requests in flight no longer need."""
        self._more = self._more if self._in_flight else Bill()
        fall = self._cover - self._covering(self._more, self._in_flight)
        for counter, amount in fall.amounts.items():
            if amount:
                self._budget.settle(counter, amount, 0)
        self._cover = self._cover - fall

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
        raise AssertionError("the budget covers what it did not")

    def _ask(self, part: _Part, batch: CompletionBatch) -> None:
        """Send the requests of one part, and settle their reservations."""

        def arrived(index: int, completion: Completion) -> None:
            bill, completion = self._billed(part, index, completion)
            try:
                batch.add(part.positions[index], completion)
            finally:
                self._settle(part, index, bill + part.of_equals(index) * _doubtful(completion.faults))

        try:
            self._model.complete(part.requests, arrived)
        except LanguageModelError as error:
            # Requests without an answer are not billed, except for attempts whose end nobody saw.
            dearest = max((part.of_equals(index) for index in part.reserved), key=_size, default=Bill())
            bill = dearest * _doubtful(error.faults)
            for index in list(part.reserved):
                self._settle(part, index, bill)
                bill = Bill()
            raise
        finally:
            # Only after another exception: nobody knows what the server did, so the worst case counts.
            for index in list(part.reserved):
                self._settle(part, index, part.worst[index])

    def _settle(self, part: _Part, index: int, bill: Bill) -> None:
        reserved = part.reserved.pop(index).amounts
        with self._changed:
            for counter, actual in bill.amounts.items():
                part.at.settle(counter, reserved[counter], actual)
            self._in_flight -= 1
            self._uncover()
            self._changed.notify_all()

    def _billed(self, part: _Part, index: int, completion: Completion) -> tuple[Bill, Completion]:
        """(what a completion costs, the completion with its cost)."""
        tariff = self._tariff_of(completion)
        if tariff.tokenless:
            return Bill(), replace(completion, cost=0)
        request = part.requests[index]
        most_in, most_out = tariff.most_tokens(_prompt_bytes(request))
        length = _bytes(completion.text) + _bytes(completion.reasoning or "")
        most_out = max(most_out, length)
        tokens_in, tokens_out = completion.input_tokens, completion.output_tokens
        most = _BELIEVED * len(part.requests)
        if (tokens_in or 0) > most * most_in or (tokens_out or 0) > most * most_out:
            tokens_in = tokens_out = None
        reported = part.reported.setdefault(_prompt(request), [0, 0])
        reported[0] += tokens_in or 0
        reported[1] += tokens_out or 0
        refused = completion.finish_reason == "refused" and not completion.text
        if not reported[0]:
            tokens_in = None
        if not reported[1]:
            tokens_out = None if completion.text else 0 if refused else tokens_out
        used_in = most_in if tokens_in is None else tokens_in
        used_out = most_out if tokens_out is None else tokens_out
        cost = None if tariff.price is None else tariff.price.cost(used_in, used_out)
        if tokens_in is not None and tokens_out is not None:
            self._learn(part, index, (length, tokens_in, tokens_out))
        elif not refused:
            self._report_unknown_usage()
        return Bill(used_in + used_out, cost or 0), replace(completion, cost=cost)

    def _learn(self, part: _Part, index: int, answer: tuple[int, int, int]) -> None:
        """Learn from the answers to equal requests when all of them have arrived."""
        request = part.requests[index]
        answers = part.answers.setdefault(_prompt(request), [])
        answers.append(answer)
        if len(answers) == part.equals_of(index):
            with self._changed:
                self._usage.learn(_prompt_bytes(request), answers)

    def _report_unknown_usage(self) -> None:
        """Tell the user, the first time, that the usage of an answer is not known, if anything is limited."""
        with self._changed:
            reported, self._reported_unknown = self._reported_unknown, True
        if not reported and any(self._budget.remaining(counter) is not None for counter in (TOKENS, COST)):
            notify(f"{escape(self.name, 80)} {UNKNOWN_USAGE}")

    def _tariff_of(self, completion: Completion) -> Tariff:
        """Of the member that answered; the dearest where it is not known."""
        tariff = self._tariffs.get(completion.lm)
        return tariff or max(self._tariffs.values(), key=lambda tariff: _size(_most(tariff, *tariff.most_tokens(1000))))


def _doubtful(faults: Iterable[object]) -> int:
    """How many of the attempts may have been billed."""
    return sum(fault.times for fault in faults if isinstance(fault, Fault) and fault.maybe_billed)


def _prompt(request: Request) -> _Prompt:
    return request.expertise, request.message, request.temperature


def _dearest(bills: Iterable[Bill]) -> Bill:
    """The most tokens and the highest cost."""
    tokens, costs = zip(*((bill.tokens, bill.cost) for bill in bills), strict=True)
    return Bill(max(tokens), max(costs))


def _most(tariff: Tariff, most_in: int, most_out: int) -> Bill:
    return Bill(most_in + most_out, tariff.price.most(most_in, most_out) if tariff.price else 0)


def _size(bill: Bill) -> tuple[int, int]:
    return bill.cost, bill.tokens


def _prompt_bytes(request: Request) -> int:
    return _bytes(request.expertise) + _bytes(request.message)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
