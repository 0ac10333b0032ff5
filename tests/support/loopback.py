"""A model that asks a real server on the loopback, on a clock of its own."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from strop.lm.base import Completion, Keep, Request, dropped
from strop.lm.openai import OpenAIModel
from strop.lm.openai_wire import Settings
from strop.lm.pace import Clock, RetryPolicy
from strop.lm.providers import endpoint_of
from strop.lm.scripted import Scripted
from support.openai_server import OpenAIServer

KEY = "sk-test-0123456789abcdef"


class Hurried(Clock):
    """A clock on which a wait for a time is over at once."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.time = 0.0

    def now(self) -> float:
        return self.time

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        if seconds is None:
            await event.wait()
        else:
            self.waits.append(seconds)
            self.time += seconds
            await asyncio.sleep(0)


class Loopback:
    """A server, a model that asks it, and the waits that the model would have made."""

    def __init__(self, server: OpenAIServer, limits: Settings) -> None:
        self.server = server
        clock = Hurried()
        self.waits = clock.waits
        endpoint = endpoint_of("openai/tester", base_url=server.url, environ={"OPENAI_API_KEY": KEY})
        # The server is there, however late it accepts a connection.
        self.model = OpenAIModel(endpoint, replace(limits, connect_seconds=600.0), jitter=random.Random(1), clock=clock)

    def ask(self, *messages: str, temperature: float = 0.7, keep: Keep = dropped) -> list[Completion]:
        return self.model.complete([Request("expert", message, temperature) for message in messages], keep)

    def sizes(self) -> list[int]:
        return sorted((seen.body.get("n", 1) for seen in self.server.seen), reverse=True)


@contextmanager
def loopback(
    faults: Sequence[str] | Callable[[int, dict], str] = (), limits: Settings | None = None
) -> Iterator[Loopback]:
    brain = Scripted(lambda request: f"{request.message} #{request.sample}")
    with OpenAIServer(brain, faults) as server:
        it = Loopback(server, limits or Settings(max_connections=4, retry=RetryPolicy(give_up_seconds=2.0)))
        try:
            yield it
        finally:
            it.model.close()


def in_turn(faults: list[str]) -> Callable[[int, dict], str]:
    """A plan that takes the first of the faults away with each request; then there is none."""
    return lambda number, body: faults.pop(0) if faults else "ok"


def texts(completions: Sequence[Completion]) -> list[str]:
    return [completion.text for completion in completions]


def kinds(completions: Sequence[Completion]) -> list[str]:
    return [fault.fault for completion in completions for fault in completion.faults]


def remarks(completions: Sequence[Completion]) -> list[str]:
    """What completions say of parameters."""
    return [fault.detail for completion in completions for fault in completion.faults if fault.fault == "parameter"]
