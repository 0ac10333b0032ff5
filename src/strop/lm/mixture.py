"""Several models as one: each request goes to one member, drawn by the members' weights.

Which member is decided by a hash of the seed and the request and by nothing else, so that a run that is resumed or replayed
asks the same member again. Members work at the same time, and an answer of one is not lost by the failure of another.
"""

from __future__ import annotations

import hashlib
import json
import queue
import threading
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from strop.base.errors import LanguageModelError
from strop.lm.base import Completion, Keep, LanguageModel, Request, dropped
from strop.lm.batch import CompletionBatch


@dataclass(frozen=True)
class Member:
    """One model of a mixture."""

    spec: str
    """As it was given, with its options; completions name it (`Completion.lm`)."""
    model: LanguageModel
    weight: float = 1.0
    """Its share of the requests, relative to the others'; above 0."""


@dataclass(frozen=True)
class _Arrived:
    position: int
    completion: Completion


@dataclass(frozen=True)
class _Ended:
    """One member has done what it could."""

    error: BaseException | None


class Mixture:
    """A `LanguageModel` whose requests are shared out among members. Closing it closes them."""

    def __init__(self, members: Sequence[Member], *, name: str, seed: int = 0) -> None:
        """`members` holds at least one; `seed` decides, with each request, who gets it."""
        if not members or not all(member.weight > 0 for member in members):
            raise ValueError("a mixture needs members, of weights above 0")
        self._members = tuple(members)
        self.name = name
        self.is_language_model = all(member.model.is_language_model for member in members)
        self._seed = seed
        total = sum(member.weight for member in members)
        self._edges = [edge / total for edge in accumulate(member.weight for member in members)]

    @property
    def members(self) -> tuple[Member, ...]:
        """In the order in which they were given."""
        return self._members

    def member_of(self, request: Request) -> Member:
        """Who gets the request: the same one whenever it is asked."""
        told = [request.scope, request.expertise, request.message, repr(float(request.temperature)), request.sample]
        text = json.dumps(["mixture", self._seed, *told])  # ASCII: lone surrogates are escaped
        number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:7]) / (1 << 56)
        return self._members[min(bisect_right(self._edges, number), len(self._members) - 1)]

    def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
        """One completion for each request, in order; each says in `lm` which member gave it.

        Raises:
            LanguageModelError: some member failed. All others were waited for; what any of them answered is in the error.
        """
        shares: dict[int, list[int]] = {}
        for position, request in enumerate(requests):
            shares.setdefault(self._members.index(self.member_of(request)), []).append(position)
        news: queue.SimpleQueue[_Arrived | _Ended] = queue.SimpleQueue()
        for number, positions in shares.items():
            asking = (self._members[number], requests, positions, news)
            threading.Thread(target=_ask, args=asking, name="mixture", daemon=True).start()
        batch = CompletionBatch(requests, keep)
        errors: list[BaseException] = []
        running = len(shares)
        while running:
            match news.get():
                case _Arrived(position, completion):
                    batch.add(position, completion)
                case _Ended(error):
                    running -= 1
                    if error is not None:
                        errors.append(error)
        _raise(errors, batch)
        return batch.completions()

    def finish(self) -> None:
        """Finish every member."""
        for member in self._members:
            member.model.finish()

    def close(self) -> None:
        """Close every member. Idempotent."""
        for member in self._members:
            member.model.close()


def _ask(
    member: Member, requests: Sequence[Request], positions: Sequence[int], news: queue.SimpleQueue[_Arrived | _Ended]
) -> None:
    """Ask one member for its share; runs in a thread of its own, and says whatever happens to whoever waits."""

    def arrived(number: int, completion: Completion) -> None:
        news.put(_Arrived(positions[number], replace(completion, lm=member.spec)))

    try:
        member.model.complete([requests[position] for position in positions], arrived)
    except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
        news.put(_Ended(error))
    else:
        news.put(_Ended(None))


def _raise(errors: Sequence[BaseException], batch: CompletionBatch) -> None:
    """One error for all: a failure that is not the language model's goes first."""
    for error in errors:
        if not isinstance(error, LanguageModelError):
            raise error
    failures = [error for error in errors if isinstance(error, LanguageModelError)]
    if failures:
        faults = [fault for error in failures for fault in error.faults]
        raise batch.failure("; ".join(map(str, failures)), faults)
