"""LM calls joined with their answers, one exchange a message."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from strop.base.events import Event, LmCalled, LmFault, LmResponded
from strop.store import Stored


@dataclass
class Exchange:
    """A message to the language model and its answer."""

    request: Stored[LmCalled]
    index: int
    """Which of the request's messages."""
    faults: list[str] = field(default_factory=list)
    answer: Stored[LmResponded] | None = None


class Exchanges:
    """Joins requests, faults and answers in the order of the record. Keeps the exchanges that wait for an answer."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], dict[int, Exchange]] = {}
        self._lost: defaultdict[tuple[str, int], list[str]] = defaultdict(list)

    def add(self, stored: Stored[Event]) -> Exchange | None:
        """Take the next event; returns the exchange that it completes."""
        match stored.event:
            case LmCalled() as event:
                request = Stored(stored.seq, stored.at, event)
                exchanges = {index: Exchange(request, index) for index in range(len(event.messages))}
                self._open[event.scope, event.call] = exchanges
            case LmFault() as event:
                line = f"{event.fault}: {event.detail}"
                exchange = self._open.get((event.scope, event.call), {}).get(event.index)
                if exchange is not None:
                    exchange.faults.append(line)
                elif event.index < 0:
                    self._lost[event.scope, event.call].append(line)
            case LmResponded() as event:
                exchanges = self._open.get((event.scope, event.call), {})
                exchange = exchanges.pop(event.index, None)
                if not exchanges:
                    self._open.pop((event.scope, event.call), None)
                if exchange is not None:
                    exchange.answer = Stored(stored.seq, stored.at, event)
                return exchange
            case _:
                pass
        return None

    def unanswered(self) -> Iterator[Exchange]:
        """The exchanges without an answer, at the end of the record."""
        for key, exchanges in self._open.items():
            for _, exchange in sorted(exchanges.items()):
                exchange.faults += self._lost[key]
                yield exchange
