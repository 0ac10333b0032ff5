"""A real HTTP server on 127.0.0.1 that speaks OpenAI's chat completions, and misbehaves as told.

For trying out and testing whatever talks to a language model, without one:

    python -m support.openai_server --port 8000 --faults 429:1,ok,cut,huge --cycle
    python -m support.openai_server --port 8000 --rpm 600 --burst 20 --tpm 100000 --latency 1
    strop run lpn --model openai/anything --base-url http://127.0.0.1:8000/v1

Any `LanguageModel` can be its brain. It speaks `POST /v1/chat/completions` (no streaming) and `GET /v1/models`, keeps every
request that it saw, counts how many were in its hands at once, and keeps a ledger of what a provider would bill: each
choice of each readable answer that went out whole, and its tokens. Limits per minute are enforced where they are given;
keys are not checked.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from strop.base.errors import StropError
from strop.lm import registry
from strop.lm.base import LanguageModel, Request
from support.openai_handler import Handled, start
from support.server_faults import WORDS, ServerFault, parse_fault
from support.server_limits import Gatekeeper, ServerLimits

FaultPlan: TypeAlias = Sequence[str] | Callable[[int, dict[str, Any]], str]
"""Faults by the number of the request, from 0: a sequence (then `ok`), or a function of the number and the request's body."""


@dataclass(frozen=True)
class Seen:
    """One request for a completion and what became of it."""

    number: int
    body: dict[str, Any]
    fault: str
    status: int
    """0 where the connection was closed without a status."""
    billed: tuple[str | None, ...] = ()
    """The contents of the choices that went out whole."""
    tokens: tuple[int, int] = (0, 0)
    """(in, out) of those choices, whatever the body said of its usage."""


@dataclass(frozen=True)
class Ledger:
    """What a provider would bill."""

    choices: int
    input_tokens: int
    output_tokens: int


class OpenAIServer:
    """Serves from the moment it is made until `close`; also a context manager. Safe to use from many threads.

    `port` 0 takes a free one. `cycle` repeats a sequence of faults for ever. `log` is told one line a request. Each answer
    takes at least `latency` seconds.
    """

    def __init__(
        self,
        model: LanguageModel,
        faults: FaultPlan = (),
        *,
        cycle: bool = False,
        port: int = 0,
        log: Callable[[str], object] | None = None,
        limits: ServerLimits | None = None,
    ) -> None:
        if not callable(faults):
            for word in faults:
                parse_fault(word)
        self._model, self._faults, self._cycle, self._log = model, faults, cycle, log
        self._lock = threading.Lock()
        self._arrived = 0
        self._asked: Counter[tuple[str, str, float]] = Counter()
        self._seen: list[Seen] = []
        self._closing = threading.Event()
        self._limits = limits or ServerLimits()
        self._gatekeeper = Gatekeeper(self._limits)
        self._present: list[tuple[float, int]] = [(time.monotonic(), 0)]
        self._http = start(self, port)

    @property
    def url(self) -> str:
        """The base URL, e.g. `http://127.0.0.1:8000/v1`."""
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    @property
    def seen(self) -> tuple[Seen, ...]:
        """Every request for a completion that has been dealt with, in the order in which that ended."""
        with self._lock:
            return tuple(self._seen)

    @property
    def billed(self) -> int:
        """Choices that went out whole: what a provider would charge for."""
        return sum(len(seen.billed) for seen in self.seen)

    @property
    def ledger(self) -> Ledger:
        """What a provider would charge for, in sum."""
        seen = self.seen
        return Ledger(
            choices=sum(len(each.billed) for each in seen),
            input_tokens=sum(each.tokens[0] for each in seen),
            output_tokens=sum(each.tokens[1] for each in seen),
        )

    @property
    def charged(self) -> int:
        """Tokens that count against the limit per minute: those of the ledger and of answers that were lost on the way."""
        return self._gatekeeper.charged

    @property
    def in_flight(self) -> tuple[tuple[float, int], ...]:
        """Requests for completions that were being dealt with: (since when, in monotonic seconds, how many), in order."""
        with self._lock:
            return tuple(self._present)

    def close(self) -> None:
        """Stop serving and let go of slow answers. Idempotent; the model is left open."""
        if not self._closing.is_set():
            self._closing.set()
            self._http.shutdown()
            self._http.server_close()

    def __enter__(self) -> OpenAIServer:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def fault_of(self, body: dict[str, Any]) -> tuple[int, ServerFault]:
        """Number a request that has arrived, and look up its fault."""
        with self._lock:
            number, self._arrived = self._arrived, self._arrived + 1
        if callable(self._faults):
            return number, parse_fault(self._faults(number, body))
        if not self._faults or (number >= len(self._faults) and not self._cycle):
            return number, ServerFault("ok")
        return number, parse_fault(self._faults[number % len(self._faults)])

    def answers(self, body: dict[str, Any], n: int) -> list[str]:
        """What the model says. Equal prompts are told apart by counting: n requests get what one request for n gets.

        With a seed the answer is that of the seed, whatever was asked before, as sampling with a seed means.

        Raises:
            LanguageModelError: the model has no answer.
        """
        self.wait(self._limits.latency)
        messages = body["messages"]
        expertise = "\n".join(m["content"] for m in messages if m["role"] == "system")
        message = "\n".join(m["content"] for m in messages if m["role"] != "system")
        temperature = float(body.get("temperature", 1.0))
        if isinstance(body.get("seed"), int):
            seeded = [Request(expertise, message, temperature, f"seed {body['seed']}", i) for i in range(n)]
            return [completion.text for completion in self._model.complete(seeded)]
        with self._lock:
            first = self._asked[expertise, message, temperature]
            self._asked[expertise, message, temperature] += n
        asked = [Request(expertise, message, temperature, sample=first + i) for i in range(n)]
        return [completion.text for completion in self._model.complete(asked)]

    def arrived(self, change: int) -> None:
        """Count a request that came (1) or went (-1)."""
        with self._lock:
            self._present.append((time.monotonic(), self._present[-1][1] + change))

    def refusal(self) -> int | None:
        """Let one request in, or say how many seconds it has to wait."""
        return self._gatekeeper.refusal()

    def headers(self) -> dict[str, str]:
        """What is left of the limits."""
        return self._gatekeeper.headers()

    def charge(self, tokens: int) -> None:
        """Count tokens against their limit."""
        self._gatekeeper.charge(tokens)

    def serving(self) -> bool:
        """Whether it is not closed yet."""
        return not self._closing.is_set()

    def wait(self, seconds: float) -> None:
        """Let time pass, but not beyond the end of serving."""
        self._closing.wait(seconds)

    def record(self, handled: Handled) -> None:
        """Keep what became of a request."""
        seen = Seen(handled.number, handled.body, handled.fault.word, handled.status, handled.billed, handled.tokens)
        with self._lock:
            self._seen.append(seen)
        if self._log:
            n = handled.body.get("n", 1)
            self._log(f"{seen.number}: n={n} fault={seen.fault} status={seen.status} billed={len(seen.billed)}")


def serve(model: LanguageModel, faults: FaultPlan = (), *, port: int = 0) -> OpenAIServer:
    """A server whose brain is `model`."""
    return OpenAIServer(model, faults, port=port)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; the base URL is the only line on standard output."""
    words = "\n".join(f"  {word:20} {meaning}" for word, meaning in WORDS.items())
    parser = argparse.ArgumentParser(
        "python -m support.openai_server",
        description=main.__doc__,
        epilog=f"faults:\n{words}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--faults", default="", help="words separated by commas, one a request")
    parser.add_argument("--cycle", action="store_true", help="start over when the faults are used up")
    parser.add_argument("--model", default="offline", help="the brain (any --model of strop)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, metavar="S", help="seconds that each answer takes")
    parser.add_argument("--rpm", type=float, metavar="N", help="requests let in a minute; others get HTTP 429")
    parser.add_argument("--tpm", type=float, metavar="N", help="tokens, in and out, a minute")
    parser.add_argument("--burst", type=float, metavar="N", help="requests let in at once (default: a minute's)")
    parser.add_argument("--token-burst", type=float, metavar="N", help="the same of tokens")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        model = registry.make(options.model, base_url=None, seed=options.seed, environ=os.environ)
        faults = [word for word in options.faults.split(",") if word]
        server = OpenAIServer(
            model,
            faults,
            cycle=options.cycle,
            port=options.port,
            log=_to_stderr,
            limits=ServerLimits(options.rpm, options.tpm, options.burst, options.token_burst, latency=options.latency),
        )
    except (StropError, ValueError, OSError) as error:
        parser.error(str(error))
    with server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        stop.wait()
    model.close()
    return 0


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
