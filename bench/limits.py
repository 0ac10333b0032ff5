"""Requests in flight under a limit of money: how long do they stay up, and is the limit passed?

    PYTHONPATH=tests python bench/limits.py --runs 20

Sixteen improvers ask a server on the loopback, one request each at a time, until `--max-cost` ends the run; its answers take 230
to 500 tokens (lognormal, nine in ten) of the 8192 that they may take. The same without a limit for
as many answers. Ratios within one run of this program; the machine's own speed cancels out.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

from strop.base.budget import COST, Budget
from strop.base.errors import RunBudgetSpent
from strop.lm.base import Request, dropped
from strop.lm.metering import Metered
from strop.lm.openai import OpenAIModel, Settings
from strop.lm.prices import Tariff, given_price
from strop.lm.providers import endpoint_of
from strop.lm.scripted import Scripted
from support.openai_server import OpenAIServer
from support.server_limits import ServerLimits

TARIFF = Tariff(given_price("2.5,10"), max_tokens=8192)
AT_ONCE = 16
MIDDLE, SPREAD = math.sqrt(230 * 500), math.log(500 / 230) / 2 / 1.645


@dataclass(frozen=True)
class Ended:
    """One run."""

    answers: int
    seconds: float
    full: float
    """Share of the time in which at least 15 of 16 requests were in flight, from the first answer to the last request."""
    mean: float
    """Requests in flight, in the mean."""
    spent: int
    """Billionths of a dollar, by the server's ledger."""


def once(seed: int, limit: int | None, latency: float, most: int) -> Ended:
    """Ask until the limit is spent, or for `most` answers."""
    rng = random.Random(seed)

    def text(request: Request) -> str:
        return "word" * max(1, round(MIDDLE * math.exp(SPREAD * rng.gauss(0, 1))))

    run = Budget({} if limit is None else {COST: limit})
    with OpenAIServer(Scripted(text), limits=ServerLimits(latency=latency)) as server:
        place = endpoint_of("vllm/m", base_url=server.url, environ={})
        model = OpenAIModel(place, Settings(max_connections=AT_ONCE), jitter=random.Random(seed))
        asking = Metered(model, {"vllm/m": TARIFF}, run)
        answers = [0] * AT_ONCE

        def improver(number: int) -> None:
            mine = random.Random(f"{seed} {number}")
            try:
                while limit is not None or sum(answers) < most - AT_ONCE + 1:
                    prompt = f"{number} {answers[number]} " + "improve this " * mine.randrange(100, 300)
                    asking.complete([Request("expert", prompt)], dropped)
                    answers[number] += 1
            except RunBudgetSpent:
                return

        started = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(improver, range(AT_ONCE)))
        seconds = time.monotonic() - started
        model.close()
        moments = [(at, n) for at, n in server.in_flight if at >= started]
        ledger = server.ledger
    spans = [(end - begin, n) for (begin, n), (end, _) in pairwise(moments)]
    whole = sum(span for span, _ in spans)
    assert TARIFF.price is not None
    return Ended(
        answers=sum(answers),
        seconds=seconds,
        full=sum(span for span, n in spans if n >= AT_ONCE - 1) / whole,
        mean=sum(span * n for span, n in spans) / whole,
        spent=TARIFF.price.cost(ledger.input_tokens, ledger.output_tokens),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--latency", type=float, default=1.0)
    parser.add_argument("--dollars", type=float, nargs="+", default=[1.0, 3.0])
    given = parser.parse_args()
    print(
        f"{'limit':>6}  {'set aside':<16}{'answers':>8}{'in flight':>10}{'full':>6}{'spent/limit':>12}{'most':>8}{'time':>7}"
    )
    passed = False
    for dollars in given.dollars:
        limit = round(dollars * 1e9)
        each = max(1, given.runs // len(given.dollars))
        limited = [once(seed, limit, given.latency, 0) for seed in range(each)]
        free = [once(seed, None, given.latency, limited[seed].answers) for seed in range(each)]
        pace = statistics.median(run.seconds / run.answers for run in free)
        for name, runs in (("the worst case", limited), ("no limit", free)):
            shares = [run.spent / limit for run in runs]
            time_each = statistics.median(run.seconds / run.answers for run in runs) / pace
            print(
                f"{dollars:>6.2f}  {name:<16}{statistics.median(run.answers for run in runs):>8.0f}"
                f"{statistics.median(run.mean for run in runs):>10.1f}{statistics.median(run.full for run in runs):>6.0%}"
                f"{statistics.median(shares):>12.1%}{max(shares):>8.1%}{time_each:>7.2f}"
            )
            passed |= name == "the worst case" and max(shares) > 1
    return 1 if passed else 0


if __name__ == "__main__":
    sys.exit(main())
