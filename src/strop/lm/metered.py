"""Money and tokens of a model: the worst case is held in the budget before a call, and settled by the server's usage after it.

So a limit is kept however many calls are in flight: what they may cost at most is counted already. The worst case of a
response is one token for each byte of its prompt, with what a server puts around it, and as many tokens as it may answer with.

What a server says it used is what it bills, and what counts. Where it says nothing, or what cannot be right, the worst case
stays. Attempts that failed after the server may have worked (`Fault.maybe_billed`) count at the worst case too.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from strop.budget import COST, TOKENS, Budget
from strop.errors import BudgetExceeded, LanguageModelError, RunBudgetSpent
from strop.lm.base import Completion, Fault, Keep, LanguageModel, Request, dropped
from strop.lm.prices import Tariff

UNKNOWN_USAGE = "this model does not report token usage; limits will use the worst case"
"""Said once of a model."""
_BELIEVED = 4
"""Usage of more than so many times the worst case is a mistake, not usage."""


@dataclass(frozen=True)
class Bill:
    """What one response costs, or may cost. `cost` is in billionths of a dollar, 0 where no price is known."""

    tokens: int = 0
    cost: int = 0

    def __add__(self, other: Bill) -> Bill:
        return Bill(self.tokens + other.tokens, self.cost + other.cost)

    def __mul__(self, times: int) -> Bill:
        return Bill(self.tokens * times, self.cost * times)

    @property
    def amounts(self) -> dict[str, int]:
        """By counter of a budget."""
        return {TOKENS: self.tokens, COST: self.cost}


@dataclass
class _Asking:
    """The part of one call that is under way."""

    requests: Sequence[Request]
    positions: Sequence[int]
    """Of these requests in the call."""
    worst: Sequence[Bill]
    at: Budget
    open: dict[int, Bill]
    """What is held, by index."""
    said: dict[tuple[str, str, float], list[int]] = field(default_factory=dict)
    """[tokens in, tokens out] that the server named so far for equal requests: the first of them often carries those of all."""


class Metered:
    """A `LanguageModel` whose calls are paid out of a budget."""

    def __init__(self, model: LanguageModel, tariffs: Mapping[str, Tariff], budget: Budget | None = None) -> None:
        """`tariffs` has one entry for each member that `model` may ask, by specification; `budget` is the run's root."""
        if not tariffs:
            raise ValueError("a model needs a tariff")
        self._model = model
        self._tariffs = dict(tariffs)
        self._budget = budget or Budget()
        self._lock = threading.Lock()
        self._spent: BudgetExceeded | None = None
        self._told = False
        self.name = model.name
        self.is_language_model = model.is_language_model

    def spend_in(self, budget: Budget) -> None:
        """Pay out of `budget`, the root of a run, from now on; before anything is asked."""
        self._budget, self._spent = budget, None

    def worst_case(self, request: Request) -> Bill:
        """What one attempt at one response may cost at most, whichever member answers."""
        return self._worst(_bytes(request.expertise) + _bytes(request.message))

    def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
        """One completion for each request, in order, with its cost. Waits where calls in flight hold what is missing.

        What fits in the budget is asked for, even where not all of it does.

        Raises:
            RunBudgetSpent: the budget of money or tokens does not cover the rest, now or in any later call.
            LanguageModelError: the model failed.
            In both cases what it answered is in the error, and was given to `keep`.
        """
        answers: list[Completion | None] = [None] * len(requests)
        begun = 0
        while begun < len(requests):
            try:
                asking = self._held(requests, begun)
            except BudgetExceeded as refusal:
                raise RunBudgetSpent(refusal, tuple(answers)) from None
            begun += len(asking.requests)
            try:
                self._ask(asking, answers, keep)
            except (LanguageModelError, RunBudgetSpent) as error:
                error.completions = tuple(answers)
                raise
        return [answer for answer in answers if answer is not None]

    def skip(self, count: int) -> None:
        """Let the model take `count` answers as given, where it gives them in an order of its own."""
        skip = getattr(self._model, "skip", None)
        if skip is not None:
            skip(count)

    def finish(self) -> None:
        """Finish the model behind it. Whoever waits for the budget then asks it and is refused."""
        self._model.finish()

    def close(self) -> None:
        """Close the model behind it."""
        self._model.close()

    def _held(self, requests: Sequence[Request], begun: int) -> _Asking:
        """As many of the requests from `begun` on as the budget covers now, at least one, with their worst case held.

        Raises:
            BudgetExceeded: not one is covered, and nothing in flight may give enough back.
        """
        at = self._budget.node(requests[begun].scope)
        worst = [self.worst_case(request) for request in requests[begun:]]
        count = len(worst)
        while True:
            if self._spent is not None:
                raise self._spent
            count = max(1, _fitting(worst[:count], at))
            total = sum(worst[:count], Bill())
            try:
                at.hold(total.amounts, wait=count == 1)
                break
            except BudgetExceeded as refusal:
                if count == 1:
                    with self._lock:
                        self._spent = self._spent or refusal
                    raise
        positions = range(begun, begun + count)
        return _Asking(requests[begun : begun + count], positions, worst[:count], at, dict(enumerate(worst[:count])))

    def _ask(self, asking: _Asking, answers: list[Completion | None], keep: Keep) -> None:
        """Ask for what is held, and settle it."""

        def arrived(index: int, completion: Completion) -> None:
            bill, completion = self._billed(asking, index, completion)
            answers[asking.positions[index]] = completion
            try:
                keep(asking.positions[index], completion)
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
        for counter, actual in bill.amounts.items():
            asking.at.settle(counter, held[counter], actual)

    def _billed(self, asking: _Asking, index: int, completion: Completion) -> tuple[Bill, Completion]:
        """What a completion costs, and the completion that says so, with a fault where its usage is not known."""
        tariff = self._tariff_of(completion)
        if tariff.tokenless:
            return Bill(), replace(completion, cost=0)
        request = asking.requests[index]
        most_in, most_out = tariff.most_tokens(_bytes(request.expertise) + _bytes(request.message))
        most_out = max(most_out, _bytes(completion.text) + _bytes(completion.reasoning))
        said = asking.said.setdefault((request.expertise, request.message, request.temperature), [0, 0])
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
        faults = completion.faults + (() if None not in (given_in, given_out) else self._said_once())
        return Bill(used_in + used_out, cost or 0), replace(completion, cost=cost, faults=faults)

    def _said_once(self) -> tuple[Fault, ...]:
        """A fault that says that usage is not known, the first time."""
        with self._lock:
            told, self._told = self._told, True
        return () if told else (Fault("usage", UNKNOWN_USAGE, 1),)

    def _of_equals(self, asking: _Asking, index: int) -> Bill:
        """The worst case of an attempt at all requests that are equal to this one: they may have travelled together."""
        one = asking.requests[index]
        alike = (one.expertise, one.message, one.temperature)
        return asking.worst[index] * sum(
            1 for each in asking.requests if (each.expertise, each.message, each.temperature) == alike
        )

    def _tariff_of(self, completion: Completion) -> Tariff:
        """Of the member that answered; the dearest where it does not say."""
        found = self._tariffs.get(completion.lm)
        return found or max(self._tariffs.values(), key=lambda each: _size(_most(each, 1000)))

    def _worst(self, prompt_bytes: int) -> Bill:
        bills = [_most(tariff, prompt_bytes) for tariff in self._tariffs.values()]
        return Bill(max(bill.tokens for bill in bills), max(bill.cost for bill in bills))


def _fitting(worst: Sequence[Bill], at: Budget) -> int:
    """How many of the bills, from the first on, the budget covers now."""
    rooms, total = {TOKENS: at.remaining(TOKENS), COST: at.remaining(COST)}, Bill()
    for number, bill in enumerate(worst):
        total = total + bill
        if any(room is not None and total.amounts[counter] > room for counter, room in rooms.items()):
            return number
    return len(worst)


def _most(tariff: Tariff, prompt_bytes: int) -> Bill:
    most_in, most_out = tariff.most_tokens(prompt_bytes)
    return Bill(most_in + most_out, tariff.price.most(most_in, most_out) if tariff.price else 0)


def _size(bill: Bill) -> tuple[int, int]:
    return bill.cost, bill.tokens


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
