"""Limits of money and tokens under randomised runs: are they kept, and is every paid answer kept?

    python bench/money.py --runs 200

Each run is a whole run of STOP in the jail, with the offline proposer behind a vendor that bills by its own ledger. The vendor
answers out of order and late, sometimes after attempts whose end nobody sees (it bills them), and in half of the runs it says
wrong things about its usage: nothing, half of it, zero, or a number that cannot be. After each run its ledger and the record
are compared.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from strop.base.budget import COST, TOKENS
from strop.base.errors import LanguageModelError, StropError
from strop.base.events import BudgetMoved, LmResponded, RunFinished, SearchEnded
from strop.lm.answer_cache import AnswerCache
from strop.lm.base import Completion, Fault, Keep, Request, dropped
from strop.lm.metering import Bill, Metered
from strop.lm.offline import Offline
from strop.lm.prices import Tariff, read_price
from strop.runs.assembly import Components
from strop.runs.context import session
from strop.runs.evaluators import improvers_at_once
from strop.runs.journal import Journal
from strop.runs.spec import RunSpec, improver_text
from strop.runs.train import run
from strop.sandbox.jail import JailedSandbox
from strop.store import Store
from strop.tasks.registry import load

TARIFF = Tariff(read_price("1,4"), max_tokens=800)
ATTEMPTS = 3
"""The vendor's client gives up after so many."""
LIES = ("missing", "half missing", "zero", "absurd")
SPEC = RunSpec(
    iterations=2,
    copies=2,
    utility_budget=2,
    lm_budget=2,
    max_responses=3,
    meta_budget=2,
    gate_pairs=4,
    workers="2",
    require=(),
)


@dataclass
class Vendor:
    """A language model that keeps a ledger of what it bills. Its answers end with a mark of their own."""

    seed: int
    lies: bool
    unseen: float
    """Probability that an attempt is billed, and never seen to end."""
    name: str = "vendor"
    is_language_model: bool = True
    tokens: int = 0
    cost: int = 0
    delivered: set[str] = field(default_factory=set)
    peak: Bill = field(default_factory=Bill)
    """Worst case of the second and later attempts of all that was in flight at once, at most."""

    def __post_init__(self) -> None:
        self._rng, self._lock, self._brain, self._open = (
            random.Random(self.seed),
            threading.Lock(),
            Offline(0),
            Bill(),
        )

    def complete(self, requests: Sequence[Request], keep: Keep) -> list[Completion]:
        groups: dict[tuple[str, str, float], list[int]] = defaultdict(list)
        for position, request in enumerate(requests):
            groups[request.expertise, request.message, request.temperature].append(position)
        worst = sum((_worst(request) for request in requests), Bill()) * (ATTEMPTS - 1)
        with self._lock:
            self._open = self._open + worst
            self.peak = Bill(max(self.peak.tokens, self._open.tokens), max(self.peak.cost, self._open.cost))
        answers: list[Completion | None] = [None] * len(requests)
        faults: list[Fault] = []
        try:
            with ThreadPoolExecutor(len(groups)) as pool:
                asked = {pool.submit(self._ask, [requests[p] for p in places]): places for places in groups.values()}
                for done in as_completed(asked):
                    given, lost = done.result()
                    faults += lost
                    for position, completion in zip(asked[done], given, strict=False):
                        answers[position] = completion
                        keep(position, completion)
        finally:
            with self._lock:
                self._open = Bill(self._open.tokens - worst.tokens, self._open.cost - worst.cost)
        if None in answers:
            raise LanguageModelError("the vendor gave up", tuple(faults))
        return [each for each in answers if each is not None]

    def finish(self) -> None: ...

    def close(self) -> None: ...

    def _ask(self, alike: list[Request]) -> tuple[list[Completion], list[Fault]]:
        """Equal requests as one: (completions, the first with the usage of all; faults where there is none)."""
        with self._lock:
            rng = random.Random(self._rng.random())
        faults: list[Fault] = []
        prompt = max(1, int(len((alike[0].expertise + alike[0].message).encode()) * rng.uniform(0.2, 1)))
        for attempt in range(1, ATTEMPTS + 1):
            time.sleep(rng.uniform(0, 0.01))
            out = [min(int(rng.lognormvariate(5, 1.2)) + 1, TARIFF.max_tokens) for _ in alike]
            self._bill(prompt, sum(out))
            if rng.random() >= self.unseen:
                return self._answers(alike, prompt, out, faults, rng), []
            faults.append(Fault("timeout", "the connection ended", attempt, maybe_billed=True))
        return [], faults

    def _bill(self, tokens_in: int, tokens_out: int) -> None:
        assert TARIFF.price is not None
        with self._lock:
            self.tokens += tokens_in + tokens_out
            self.cost += TARIFF.price.cost(tokens_in, tokens_out)

    def _answers(
        self, alike: list[Request], prompt: int, out: list[int], faults: list[Fault], rng: random.Random
    ) -> list[Completion]:
        texts = [completion.text for completion in self._brain.complete(alike, dropped)]
        said: tuple[int | None, int | None] = (prompt, sum(out))
        rest: tuple[int | None, int | None] = (0, 0)
        if self.lies and rng.random() < 0.5:
            match rng.choice(LIES):
                case "missing":
                    said = rest = (None, None)
                case "half missing":
                    said = rest = (None, sum(out))
                case "zero":
                    said = (0, 0)
                case "absurd":
                    said = (10 ** rng.randrange(8, 30), sum(out))
        completions = []
        for number, text in enumerate(texts):
            used = said if number == 0 else rest
            with self._lock:
                marked = f"{text}\n<!-- {self.seed} {len(self.delivered)} -->"
                self.delivered.add(marked)
            first = tuple(faults) if number == 0 else ()
            completions.append(Completion(marked, "vendor", input_tokens=used[0], output_tokens=used[1], faults=first))
        return completions


@dataclass(frozen=True)
class Ended:
    """One run, as its vendor and its record tell it."""

    limited: str
    vendor: str
    status: str
    limit: int
    billed: int
    counted: int
    over: int
    """Billed beyond the limit; below 0: less than it."""
    stated: int
    """What it may be over: the later attempts of all that was in flight at once, at their worst case."""
    delivered: int
    lost: int
    """Answers that went out and are not in the record."""
    invented: int
    """Answers in the record that never went out."""


def once(number: int, sandbox: JailedSandbox, directory: Path) -> Ended:
    """One randomised run."""
    rng = random.Random(number)
    counter = rng.choice([COST, TOKENS])
    lies, unseen = rng.random() < 0.5, rng.choice([0.0, 0.0, 0.1, 0.3])
    each = _worst(Request("", "x" * 1500))
    limit = int(10 ** rng.uniform(0.3, 1.8) * each.amounts[counter])
    limits = {"max_cost": limit / 1e9} if counter == COST else {"max_tokens": limit}
    spec = replace(SPEC, selection=rng.choice(["paper", "gated"]), seed=number, **limits)  # type: ignore[arg-type]
    vendor = Vendor(number, lies, unseen)
    meter = Metered(vendor, {"vendor": TARIFF})
    parts = Components(spec, (load(spec.task),), AnswerCache(meter), sandbox, b"money" + bytes([number % 256]), meter)
    with Store.create(directory, {}) as store:
        status = "finished"
        try:
            with session(parts, Journal(store, lambda event: None)) as context:
                run(context, improver_text("seed"))
        except StropError as error:
            status = type(error).__name__
        kept = {stored.event.text for stored in store.events(LmResponded) if not stored.event.is_repeat}
        counted = sum(
            stored.event.amount
            for stored in store.events(BudgetMoved)
            if stored.event.counter == counter and stored.event.granted
        )
        (finished,) = (stored.event for stored in store.events(RunFinished))
        if status == "finished" and any(store.events(SearchEnded)):
            status = "RunBudgetSpent"  # with what was measured before
    if status == "RunBudgetSpent" and finished.status not in ("budget", "finished"):
        status = f"wrong status {finished.status}"
    billed = vendor.cost if counter == COST else vendor.tokens
    return Ended(
        limited="--max-cost" if counter == COST else "--max-tokens",
        vendor=("lies" if lies else "honest") + (", unseen attempts" if unseen else ""),
        status=status,
        limit=limit,
        billed=billed,
        counted=counted,
        over=billed - limit,
        stated=vendor.peak.amounts[counter] if unseen else 0,
        delivered=len(vendor.delivered),
        lost=len(vendor.delivered - kept),
        invented=len(kept - vendor.delivered),
    )


def broken(ended: Sequence[Ended]) -> list[str]:
    """What must not be, a line each."""
    found = []
    for number, each in enumerate(ended):
        if each.over > each.stated:
            found.append(f"run {number}: {each.limited} {each.limit} passed by {each.over}, stated {each.stated}")
        if each.lost or each.invented:
            found.append(f"run {number}: {each.lost} answers lost, {each.invented} invented")
        if each.counted < each.billed:
            found.append(f"run {number}: {each.billed} billed, only {each.counted} counted")
        if each.status not in {"finished", "RunBudgetSpent", "LanguageModelError"}:
            found.append(f"run {number}: {each.status}")
    return found


def table(ended: Sequence[Ended]) -> str:
    """A row for each kind of run."""
    groups: dict[tuple[str, str], list[Ended]] = defaultdict(list)
    for each in ended:
        groups[each.limited, each.vendor].append(each)
    head = (
        f"{'limit':<13}{'vendor':<25}{'runs':>5}{'ended by it':>12}{'billed/limit':>14}{'most':>7}"
        f"{'over, runs':>12}{'over/stated':>13}{'answers':>9}{'lost':>6}"
    )
    lines = [head, "-" * len(head)]
    for (limited, vendor), runs in sorted(groups.items()):
        shares = [each.billed / each.limit for each in runs if each.status == "RunBudgetSpent"] or [0.0]
        over = [each for each in runs if each.over > 0]
        worst = max((each.over / each.stated if each.stated else float("inf") for each in over), default=0.0)
        lines.append(
            f"{limited:<13}{vendor:<25}{len(runs):>5}{sum(each.status == 'RunBudgetSpent' for each in runs):>12}"
            f"{statistics.median(shares):>14.0%}{max(shares):>7.0%}{len(over):>12}{worst:>13.2f}"
            f"{sum(each.delivered for each in runs):>9,}{sum(each.lost for each in runs):>6}"
        )
    return "\n".join(lines)


def _worst(request: Request) -> Bill:
    return Metered(Vendor(0, False, 0.0), {"vendor": TARIFF}).worst_case(request)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="number of the first run; a run's number decides it")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    ended = []
    with tempfile.TemporaryDirectory() as scratch:
        sandbox = JailedSandbox(solution_slots=2, improver_slots=improvers_at_once(SPEC) + 1, require=frozenset())
        try:
            for number in range(given.first, given.first + given.runs):
                ended.append(once(number, sandbox, Path(scratch) / str(number)))
        finally:
            sandbox.close()
    print(json.dumps([asdict(each) for each in ended]) if given.json else table(ended))
    wrong = broken(ended)
    for line in wrong:
        print(line, file=sys.stderr)
    if not given.json:
        print(f"{len(ended)} runs, {len(wrong)} broken promises")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
