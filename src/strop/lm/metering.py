"""A model whose calls are paid from a budget: the worst case is reserved before a call, and settled by what the server used.

The worst case of a response is one token for each byte of its prompt, the overhead of a server, and the limit of tokens of an
answer. A request whose worst case does not fit waits for those in flight to return what they did not use. What a server reports
as used, or as its own cost, is what it bills. The dearer of both counts, even above the worst case, and later requests reserve
as much. The worst case counts where the server reports nothing, or numbers that cannot be right, and for each attempt that failed
after the server may have worked (`Fault.maybe_billed`).
"""

from __future__ import annotations

import math
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property

from strop.base.budget import COST, TOKENS, Budget
from strop.base.console import notify
from strop.base.errors import BudgetExceeded, LanguageModelError, RunBudgetSpent
from strop.base.later import dataclass
from strop.base.terminal_text import escape
from strop.lm.base import (
    MOST_TOKENS,
    Completion,
    CompletionBatch,
    Fault,
    Keep,
    LanguageModel,
    Request,
    Wrapper,
    skip_given,
)
from strop.lm.prices import Tariff

UNKNOWN_USAGE = "reports no token usage, or an impossible one; limits count the worst case of such responses"
"""Reported once about a model, where tokens or money are limited."""
_MOST_BYTES = 20
"""Most bytes of a prompt for each token: a server that reports fewer tokens did not count them."""


@dataclass(frozen=True)
class Bill:
    """The cost of one response. `cost` is in billionths of a dollar, 0 if no price is known."""

    tokens: int = 0
    cost: int = 0

    def __add__(self, other: Bill) -> Bill:
        return Bill(self.tokens + other.tokens, self.cost + other.cost)

    def __mul__(self, times: int) -> Bill:
        return Bill(self.tokens * times, self.cost * times)

    @property
    def amounts(self) -> dict[str, int]:
        """The amounts by counter of a budget: tokens, and billionths of a dollar."""
        return {TOKENS: self.tokens, COST: self.cost}


@dataclass
class _Reservation:
    """The requests of a call that are sent together: as many as the budget covers at once."""

    first: int
    """The position of the first of these requests in the call."""
    requests: Sequence[Request]
    worst: Sequence[Bill]
    """What is reserved for each request."""
    budget: Budget
    usage: dict[tuple[str, ...], list[tuple[int | None, int | None]]] = field(default_factory=lambda: defaultdict(list))
    """Prompt → (tokens in, tokens out) of the answers to equal requests; the first answer often has the tokens of all."""

    def doubtful(self, index: int, faults: Iterable[object]) -> Bill:
        """The cost of attempts that may have been billed. All requests equal to this one may have travelled in them."""
        times = sum(fault.times for fault in faults if isinstance(fault, Fault) and fault.maybe_billed)
        return self.worst[index] * self._equal[self.requests[index].prompt] * times

    def settle(self, index: int, bill: Bill) -> None:
        """Replace the reservation of one request by what it cost."""
        for counter, amount in bill.amounts.items():
            self.budget.settle(counter, self.worst[index].amounts[counter], amount)

    @cached_property
    def _equal(self) -> Counter[tuple[str, ...]]:
        return Counter(request.prompt for request in self.requests)


class Metered(Wrapper):
    """A `LanguageModel` whose calls are paid from a budget."""

    def __init__(self, model: LanguageModel, tariffs: Mapping[str, Tariff], budget: Budget | None = None) -> None:
        """`tariffs` has one entry for each member that `model` may ask, by specification; `budget` is the run's root."""
        if not tariffs:
            raise ValueError("a model needs a tariff")
        super().__init__(model)
        self._tariffs = dict(tariffs)
        self._lock = threading.Lock()
        """Guards `_beyond` and `_reported_unknown`."""
        self._beyond = Bill()
        """The most by which a response exceeded what prompt, price and limit of tokens allow."""
        self._reported_unknown = False
        self._refusal: BudgetExceeded | None = None
        """The first refusal. After it, cheaper requests are refused, too."""
        self.spend_in(budget or Budget())

    def spend_in(self, budget: Budget) -> None:
        """Pay from `budget`, the root of a run. Called before the first request."""
        self._budget = budget

    def worst_case(self, request: Request) -> Bill:
        """What one attempt at one response may cost at most, by what is known of the server, whichever member answers."""
        return self._by_price(request) + self._beyond

    def _by_price(self, request: Request) -> Bill:
        bills = [_most(tariff, *tariff.most_tokens(request.prompt_bytes)) for tariff in self._tariffs.values()]
        return Bill(max(bill.tokens for bill in bills), max(bill.cost for bill in bills))

    def complete(self, requests: Sequence[Request], keep: Keep) -> list[Completion]:
        """One completion for each request, in order, with its cost. Waits for reservations of calls in flight.

        The requests that the budget covers are sent, even where it does not cover all.

        Raises:
            RunBudgetSpent: the budget of money or tokens does not cover the rest, now or in any later call.
            LanguageModelError: the model failed.
            In both cases the answers that arrived were given to `keep`.
        """
        batch = CompletionBatch(requests, keep)
        begun = 0
        while begun < len(requests):
            try:
                part = self._reserved(begun, requests[begun:])
            except BudgetExceeded as refusal:
                raise RunBudgetSpent(refusal) from None
            begun += len(part.requests)
            self._ask(part, batch)
        return batch.completions()

    def skip_given(self, completions: Sequence[Completion]) -> None:
        """Tell the wrapped model not to give these prepared answers again."""
        skip_given(self._model, completions)

    def _reserved(self, first: int, requests: Sequence[Request]) -> _Reservation:
        """As many of these requests, in order, as fit at once, with their worst cases reserved. Waits until the first fits.

        Raises:
            BudgetExceeded: the first does not fit, whatever requests in flight return; or an earlier request was refused.
        """
        budget = self._budget.node(requests[0].scope)
        worst: list[Bill] = []
        for request in requests:
            if self._refusal is not None and not worst:
                raise self._refusal
            bill = self.worst_case(request)
            try:
                budget.hold(bill.amounts, wait=not worst)
            except BudgetExceeded as refusal:
                if worst:
                    break
                self._refusal = refusal
                raise
            worst.append(bill)
        return _Reservation(first, requests[: len(worst)], worst, budget)

    def _ask(self, part: _Reservation, batch: CompletionBatch) -> None:
        """Send the requests of one part, and settle their reservations."""
        unsettled = set(range(len(part.requests)))
        bills: list[Bill] = []

        def settle(index: int, bill: Bill) -> None:
            unsettled.remove(index)
            part.settle(index, bill)

        def arrived(index: int, completion: Completion) -> None:
            bill, completion = self._billed(part, index, completion)
            bills.append(bill)
            try:
                batch.add(part.first + index, completion)
            finally:
                settle(index, bill + part.doubtful(index, completion.faults))

        try:
            self._model.complete(part.requests, arrived)
            self._learn(bills, part.requests)
        except LanguageModelError as error:
            # Requests without an answer are not billed, except for attempts whose end nobody saw.
            bill = max((part.doubtful(index, error.faults) for index in unsettled), key=_size, default=Bill())
            for index in sorted(unsettled):
                settle(index, bill)
                bill = Bill()
            raise
        finally:
            # Only after another exception: nobody knows what the server did, so the worst case counts.
            for index in sorted(unsettled):
                settle(index, part.worst[index])

    def _learn(self, bills: Sequence[Bill], requests: Sequence[Request]) -> None:
        """Reserve more from now on if these bills together exceed the worst case; the first may be the bill of all."""
        spent, most = sum(bills, Bill()), sum(map(self._by_price, requests), Bill())
        tokens, cost = ((spent.amounts[name] - most.amounts[name]) / len(requests) for name in (TOKENS, COST))
        with self._lock:
            self._beyond = Bill(max(self._beyond.tokens, math.ceil(tokens)), max(self._beyond.cost, math.ceil(cost)))

    def _billed(self, part: _Reservation, index: int, completion: Completion) -> tuple[Bill, Completion]:
        """(what a completion costs, the completion with its cost)."""
        tariff, request = self._tariff_of(completion), part.requests[index]
        if tariff.tokenless or (completion.finish_reason == "refused" and not completion.text):  # a 400 bills nothing
            return Bill(), replace(completion, cost=0)
        most_in, most_out = tariff.most_tokens(request.prompt_bytes)
        length = len((completion.text + (completion.reasoning or "")).encode("utf-8", "replace"))
        most_out = max(most_out, length)
        tokens_in, tokens_out = completion.input_tokens, completion.output_tokens
        if max(tokens_in or 0, tokens_out or 0) > MOST_TOKENS:
            tokens_in = tokens_out = None
        if tokens_in and tokens_in * _MOST_BYTES < request.prompt_bytes:
            tokens_in = None
        usage = part.usage[request.prompt]
        usage.append((tokens_in, tokens_out))
        if not any(into for into, _ in usage):
            tokens_in = None
        if not any(out for _, out in usage):
            tokens_out = None if completion.text else tokens_out
        used_in = most_in if tokens_in is None else tokens_in
        used_out = most_out if tokens_out is None else tokens_out
        reported_cost, price = completion.cost, tariff.price
        cost = reported_cost if price is None else max(price.cost(used_in, used_out), reported_cost or 0)
        if tokens_in is None or tokens_out is None:
            self._report_unknown_usage()
        return Bill(used_in + used_out, cost or 0), replace(
            completion, input_tokens=tokens_in, output_tokens=tokens_out, cost=cost
        )

    def _report_unknown_usage(self) -> None:
        """Tell the user, the first time, that the usage of an answer is not known, if anything is limited."""
        with self._lock:
            reported, self._reported_unknown = self._reported_unknown, True
        if not reported and any(self._budget.remaining(counter) is not None for counter in (TOKENS, COST)):
            notify(f"{escape(self.name, 80)} {UNKNOWN_USAGE}")

    def _tariff_of(self, completion: Completion) -> Tariff:
        """The tariff of the member that answered; the dearest if it is not known."""
        tariff = self._tariffs.get(completion.lm)
        return tariff or max(self._tariffs.values(), key=lambda tariff: _size(_most(tariff, *tariff.most_tokens(1000))))


def _most(tariff: Tariff, most_in: int, most_out: int) -> Bill:
    return Bill(most_in + most_out, tariff.price.cost(most_in, most_out) if tariff.price else 0)


def _size(bill: Bill) -> tuple[int, int]:
    return bill.cost, bill.tokens
