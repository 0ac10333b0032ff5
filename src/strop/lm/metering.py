"""A model whose calls are paid from a budget: reserved before a call (`reservations.py`), settled by the server's usage after it.

The worst case of a response is one token for each byte of its prompt, the overhead of a server, and the limit of tokens of an
answer. What a server reports as used is what it bills, and what counts; the worst case counts where it reports nothing, or
numbers that cannot be right. Attempts that failed after the server may have worked (`Fault.maybe_billed`) count as a reservation
each.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

from strop.base.budget import COST, TOKENS, Budget
from strop.base.console import notify
from strop.base.errors import BudgetExceeded, LanguageModelError, RunBudgetSpent
from strop.base.terminal_text import escape
from strop.lm.base import Completion, Fault, Keep, LanguageModel, Request, dropped
from strop.lm.batch import CompletionBatch, Wrapper, given
from strop.lm.prices import Tariff
from strop.lm.reservations import OVERSHOOT, Bill, Reservations, SeenUsage

UNKNOWN_USAGE = "reports no token usage, or an impossible one; limits count the worst case of such answers"
"""Reported once about a model, where tokens or money are limited."""
_BELIEVED = 4
"""Usage of more than so many times the worst case is not believed."""


@dataclass
class _Asked:
    """The requests of a call that are asked together, with their reservations."""

    first: int
    """The position of the first of them in the call."""
    requests: Sequence[Request]
    worst: Sequence[Bill]
    likely: Sequence[Bill]
    """What is reserved for each, and for each attempt whose end nobody saw."""
    at: Budget
    unsettled: set[int]
    """Indices of requests."""
    usage: dict[tuple[str, ...], list[tuple[int | None, int | None]]] = field(default_factory=lambda: defaultdict(list))
    """Prompt → (tokens in, tokens out) of the answers to equal requests; the first of them often has those of all."""
    known: dict[tuple[str, ...], list[tuple[int, int, int]]] = field(default_factory=lambda: defaultdict(list))
    """Prompt → (bytes, tokens in, tokens out) of the answers of known usage."""

    def equals_of(self, index: int) -> int:
        """How many of the requests are equal to this one."""
        return self._equals[self.requests[index].prompt]

    @cached_property
    def _equals(self) -> Counter[tuple[str, ...]]:
        return Counter(request.prompt for request in self.requests)

    def doubtful(self, index: int, faults: Iterable[object]) -> Bill:
        """The cost of attempts that may have been billed. All requests that are equal to this one may have travelled together."""
        times = sum(fault.times for fault in faults if isinstance(fault, Fault) and fault.maybe_billed)
        return self.likely[index] * self.equals_of(index) * times


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
        self._lock = threading.Lock()
        """Guards the two below."""
        self._usage = SeenUsage()
        self._reported_unknown = False
        self.spend_in(budget or Budget())

    def spend_in(self, budget: Budget) -> None:
        """Pay from `budget`, the root of a run. Called before the first request."""
        self._budget = budget
        self._reservations = Reservations(budget, 0.0 if self._strict else OVERSHOOT)

    def worst_case(self, request: Request) -> Bill:
        """What one attempt at one response may cost at most, whichever member answers."""
        return _dearest(_most(tariff, *tariff.most_tokens(request.prompt_bytes)) for tariff in self._tariffs.values())

    def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
        """One completion for each request, in order, with its cost. Waits for reservations of calls in flight.

        The requests that the budget covers are sent, even where it does not cover all.

        Raises:
            RunBudgetSpent: the budget of money or tokens does not cover the rest, now or in any later call.
            LanguageModelError: the model failed.
            In both cases the answers that arrived are in the error, and were given to `keep`.
        """
        batch = CompletionBatch(requests, keep)
        worst = [self.worst_case(request) for request in requests]
        begun = 0
        while begun < len(requests):
            at, rest = self._budget.node(requests[begun].scope), requests[begun:]
            try:
                likely = self._reservations.hold(worst[begun:], partial(self._likely, rest, worst[begun:]), at)
            except BudgetExceeded as refusal:
                raise RunBudgetSpent(refusal, tuple(batch.answers)) from None
            count = len(likely)
            part = _Asked(begun, rest[:count], worst[begun : begun + count], likely, at, set(range(count)))
            begun += count
            try:
                self._ask(part, batch)
            except (LanguageModelError, RunBudgetSpent) as error:
                error.completions = tuple(batch.answers)
                raise
        return batch.completions()

    def given(self, completions: Sequence[Completion]) -> None:
        """Tell the wrapped model which prepared answers it gave earlier."""
        given(self._model, completions)

    def _likely(self, requests: Sequence[Request], worst: Sequence[Bill]) -> Sequence[Bill]:
        """The reservation of each response."""
        if self._strict:
            return worst
        with self._lock:
            return [
                _dearest(
                    _most(tariff, *self._usage.likely(prompt_bytes, *tariff.most_tokens(prompt_bytes)))
                    for tariff in self._tariffs.values()
                )
                for prompt_bytes in (request.prompt_bytes for request in requests)
            ]

    def _ask(self, part: _Asked, batch: CompletionBatch) -> None:
        """Send the requests of one part, and settle their reservations."""

        def settle(index: int, bill: Bill) -> None:
            part.unsettled.remove(index)
            self._reservations.settle(part.likely[index], bill, part.at)

        def arrived(index: int, completion: Completion) -> None:
            bill, completion = self._billed(part, index, completion)
            try:
                batch.add(part.first + index, completion)
            finally:
                settle(index, bill + part.doubtful(index, completion.faults))

        try:
            self._model.complete(part.requests, arrived)
        except LanguageModelError as error:
            # Requests without an answer are not billed, except for attempts whose end nobody saw.
            bill = max((part.doubtful(index, error.faults) for index in part.unsettled), key=_size, default=Bill())
            for index in sorted(part.unsettled):
                settle(index, bill)
                bill = Bill()
            raise
        finally:
            # Only after another exception: nobody knows what the server did, so the worst case counts.
            for index in sorted(part.unsettled):
                settle(index, part.worst[index])

    def _billed(self, part: _Asked, index: int, completion: Completion) -> tuple[Bill, Completion]:
        """(what a completion costs, the completion with its cost)."""
        tariff, request = self._tariff_of(completion), part.requests[index]
        if tariff.tokenless:
            return Bill(), replace(completion, cost=0)
        most_in, most_out = tariff.most_tokens(request.prompt_bytes)
        length = len((completion.text + (completion.reasoning or "")).encode("utf-8", "replace"))
        most_out = max(most_out, length)
        tokens_in, tokens_out = completion.input_tokens, completion.output_tokens
        most = _BELIEVED * len(part.requests)
        if (tokens_in or 0) > most * most_in or (tokens_out or 0) > most * most_out:
            tokens_in = tokens_out = None
        usage = part.usage[request.prompt]
        usage.append((tokens_in, tokens_out))
        refused = completion.finish_reason == "refused" and not completion.text
        if not any(into for into, _ in usage):
            tokens_in = None
        if not any(out for _, out in usage):
            tokens_out = None if completion.text else 0 if refused else tokens_out
        used_in = most_in if tokens_in is None else tokens_in
        used_out = most_out if tokens_out is None else tokens_out
        cost = None if tariff.price is None else tariff.price.cost(used_in, used_out)
        if tokens_in is not None and tokens_out is not None:
            self._learn(part, index, (length, tokens_in, tokens_out))
        elif not refused:
            self._report_unknown_usage()
        return Bill(used_in + used_out, cost or 0), replace(completion, cost=cost)

    def _learn(self, part: _Asked, index: int, answer: tuple[int, int, int]) -> None:
        """Learn from the answers to equal requests when all of them have arrived."""
        request = part.requests[index]
        known = part.known[request.prompt]
        known.append(answer)
        if len(known) == part.equals_of(index):
            with self._lock:
                self._usage.learn(request.prompt_bytes, known)

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


def _dearest(bills: Iterable[Bill]) -> Bill:
    """The most tokens and the highest cost."""
    tokens, costs = zip(*((bill.tokens, bill.cost) for bill in bills), strict=True)
    return Bill(max(tokens), max(costs))


def _most(tariff: Tariff, most_in: int, most_out: int) -> Bill:
    return Bill(most_in + most_out, tariff.price.most(most_in, most_out) if tariff.price else 0)


def _size(bill: Bill) -> tuple[int, int]:
    return bill.cost, bill.tokens
