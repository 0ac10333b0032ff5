"""Throughput against a server that limits, fails and lies: what share of its limits is used, and whether the books agree.

    PYTHONPATH=tests python bench/throughput.py                    # some four minutes
    PYTHONPATH=tests python bench/throughput.py --requests 300     # quick

A real server on the loopback enforces requests and tokens per minute and makes a fault of one request in ten, of 16 kinds. The
client is told nothing of them: it has fewer requests in flight after a refusal, and waits as long as the server asks. What the
limits allow is the most that any client could get in the time that it took, the server's bursts included. Response by response,
the client's tokens are held against the server's ledger. Faults are random with a fixed seed; timings are those of this machine.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from strop.lm.base import Completion, Request
from strop.lm.openai import OpenAIModel, Settings
from strop.lm.pace import RetryPolicy
from strop.lm.providers import endpoint_of
from strop.lm.scripted import Scripted
from support.openai_server import OpenAIServer, Seen
from support.server_limits import ServerLimits

FAULTS = (
    *("429", "429:1", "500", "503", "529", "drop", "cut", "half-close", "leave"),
    *("stall:600", "drip:40", "malformed", "no-choices", "empty", "long", "wrong-usage"),
)
"""Each as often as the others. A stall or a drip lasts until the client's deadline."""
DEADLINE = 1.0
LATENCY = 0.2
SEED = 5


@dataclass(frozen=True)
class Case:
    """One row."""

    title: str
    limits: ServerLimits
    n: int
    """Responses of one HTTP request."""
    faults: float = 0.1


@dataclass
class Books:
    """What the client was given, kept as a record would keep it. Appended in many threads."""

    kept: list[tuple[str, Completion]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, message: str, completion: Completion) -> None:
        with self.lock:
            self.kept.append((message, completion))


def cases() -> list[Case]:
    by_requests = ServerLimits(1200, 1_000_000, request_burst=20, latency=LATENCY)
    by_tokens = ServerLimits(6000, 120_000, request_burst=20, token_burst=2000, latency=LATENCY)
    return [
        Case("no faults, requests limited", by_requests, 1, faults=0.0),
        Case("requests limited", by_requests, 1),
        Case("requests limited, n = 3", by_requests, 3),
        Case("tokens limited", by_tokens, 1),
    ]


def answer(request: Request) -> str:
    """Different for each request, and of very different lengths; 100 tokens on average."""
    drawn = random.Random(f"{request.message} {request.sample}")
    return f"{request.message} #{request.sample} " + "x" * int(drawn.expovariate(1 / 340))


def run(case: Case, requests: int) -> dict[str, object]:
    dice = random.Random(SEED)

    def fault(number: int, body: dict[str, object]) -> str:
        return dice.choice(FAULTS) if dice.random() < case.faults else "ok"

    limits = case.limits
    settings = Settings(
        max_connections=32,
        deadline_seconds=DEADLINE,
        retry=RetryPolicy(first_wait_seconds=0.5),
    )
    books = Books()
    with OpenAIServer(Scripted(answer), fault, limits=limits) as server:
        place = endpoint_of("openai/bench", base_url=server.url, environ={})
        model = OpenAIModel(place, settings, jitter=random.Random(SEED))

        def ask(number: int) -> None:
            message = f"request {number} " + "p" * 100
            model.complete([Request("expert", message)] * case.n, lambda _, completion: books.keep(message, completion))

        started = time.monotonic()
        with ThreadPoolExecutor(64) as pool:
            list(pool.map(ask, range(requests)))
        seconds = time.monotonic() - started
        model.close()
        seen = server.seen
        most, charged = max(count for _, count in server.in_flight), server.charged
    return {**share(case, seen, charged, seconds), "most in flight": most, **agreement(books, seen, requests * case.n)}


def share(case: Case, seen: Sequence[Seen], tokens: int, seconds: float) -> dict[str, object]:
    """How much of what the limits allow was used: of the limit that was closest. Requests that failed used some too."""
    limits = case.limits
    let_in = sum(each.fault != "limit" for each in seen)
    shares = []
    for used, rate, burst in (
        (let_in, limits.requests_per_minute, limits.request_burst),
        (tokens, limits.tokens_per_minute, limits.token_burst),
    ):
        assert rate is not None
        shares.append(used / ((rate if burst is None else burst) + rate * seconds / 60))
    return {
        "share": max(shares),
        "seconds": seconds,
        "let in": let_in,
        "over the limit": len(seen) - let_in,
        "faults": Counter(each.fault for each in seen if each.fault not in {"ok", "limit"}),
    }


def agreement(books: Books, seen: Sequence[Seen], responses: int) -> dict[str, object]:
    """The client's books against the server's ledger, response by response and token by token."""
    billed = Counter(text or "" for each in seen for text in each.billed)
    kept = Counter(completion.text for _, completion in books.kept)
    ours = sum((c.input_tokens or 0) + (c.output_tokens or 0) for _, c in books.kept)
    theirs = sum(sum(each.tokens) for each in seen if each.fault != "wrong-usage")
    doubted = sum(fault.fault == "usage" for _, c in books.kept for fault in c.faults)
    return {
        "asked": responses,
        "kept": sum(kept.values()),
        "billed": sum(billed.values()),
        "lost": sum((billed - kept).values()),
        "unpaid": sum((kept - billed).values()),
        "our tokens": ours,
        "their tokens": theirs,
        "wrong usage": sum(each.fault == "wrong-usage" for each in seen),
        "doubted": doubted,
        "maybe billed": sum(fault.maybe_billed for _, c in books.kept for fault in c.faults),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=600)
    parser.add_argument("--only", help="rows whose title holds this")
    options = parser.parse_args()
    good, kinds = True, Counter[str]()
    print(
        f"{'':32}{'share':>7}{'sec':>6}{'let in':>8}{'429':>5}{'flight':>8}  kept = billed   lost  tokens ours = theirs"
    )
    for case in cases():
        if options.only and options.only not in case.title:
            continue
        row = run(case, options.requests)
        kinds += row["faults"]  # type: ignore[operator]
        equal = row["our tokens"] == row["their tokens"] and row["lost"] == row["unpaid"] == 0
        equal = equal and row["kept"] == row["billed"] == row["asked"]
        good = good and equal and row["share"] >= 0.8  # type: ignore[operator]
        print(
            f"{case.title:32}{row['share']:7.1%}{row['seconds']:6.1f}{row['let in']:8}{row['over the limit']:5}"
            f"{row['most in flight']:8}  {row['kept']:6} {row['billed']:6}  {row['lost']:5}"
            f"  {row['our tokens']:8} {row['their tokens']:8}  {'equal' if equal else 'DIFFERENT'}"
            f"; {row['maybe billed']} attempts maybe billed, {row['doubted']} doubts of {row['wrong usage']} wrong usages"
        )
    print(f"faults met, {len(kinds)} kinds:", ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())))
    print("as it must be" if good else "NOT as it must be")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
