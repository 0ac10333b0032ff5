"""LM calls joined with their answers, one exchange a message."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from strop.base.events import Event, LmCalled, LmFault, LmResponded
from strop.store import Stored


@dataclass
class Exchange:
    """A message to the language model and its answer. Texts are texts or digests, as in the events."""

    seq: int
    """Number of the event of the request."""
    at: float
    """Unix seconds of the request."""
    scope: str
    call: int
    index: int
    expertise: str
    message: str
    temperature: float
    lm_calls: int
    """LM calls charged: all of a request's at its first message, 0 at the others, so that their sum is right."""
    faults: list[str] = field(default_factory=list)
    answered_at: float | None = None
    answer: LmResponded | None = None


class Exchanges:
    """Joins requests, faults and answers in the order of the record. Keeps the exchanges that wait for an answer."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], dict[int, Exchange]] = {}
        self._lost: defaultdict[tuple[str, int], list[str]] = defaultdict(list)

    def add(self, stored: Stored[Event]) -> Exchange | None:
        """Take the next event; returns the exchange that it completes."""
        match stored.event:
            case LmCalled() as event:
                self._open[event.scope, event.call] = {
                    index: Exchange(
                        stored.seq,
                        stored.at,
                        event.scope,
                        event.call,
                        index,
                        event.expertise,
                        message,
                        event.temperature,
                        0 if index else event.cost,
                    )
                    for index, message in enumerate(event.messages)
                }
            case LmFault() as event:
                exchange = self._open.get((event.scope, event.call), {}).get(event.index)
                faults = self._lost[event.scope, event.call] if exchange is None else exchange.faults
                if exchange is not None or event.index < 0:
                    faults.append(f"{event.fault}: {event.detail}")
            case LmResponded() as event:
                waiting = self._open.get((event.scope, event.call), {})
                exchange = waiting.pop(event.index, None)
                if not waiting:
                    self._open.pop((event.scope, event.call), None)
                if exchange is not None:
                    exchange.answered_at, exchange.answer = stored.at, event
                return exchange
            case _:
                pass
        return None

    def unanswered(self) -> Iterator[Exchange]:
        """The exchanges without an answer, at the end of the record."""
        for key, waiting in self._open.items():
            for _, exchange in sorted(waiting.items()):
                exchange.faults += self._lost[key]
                yield exchange
