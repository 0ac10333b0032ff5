"""The plan of a command that asks a model (`--dry-run`): what it is expected to take, and what it takes at most.

The paper's cost of one self-improvement is "essentially O((budget_u + budget_L) * budget_û)" (§4, "Intuition"): in each of up to
budget_û evaluations, an improver works on every downstream task, where it may call u budget_u times and L budget_L times. With
|D| tasks and T iterations that is T * budget_û * |D| * (budget_u + budget_L). Added are what the formula omits: the
self-improvement's own calls, the gate, the measurement of every accepted I_t, and the last comparison.

Expected figures are by the shares below; at most, all budgets are spent. Lengths of texts and prices are arguments.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from strop.analysis.stats import mean
from strop.base.budget import COST
from strop.core.selection.comparison import TOGETHER
from strop.lm.options import META, read_spec
from strop.lm.prices import Tariff, check_cost_limit, tariffs
from strop.lm.registry import check
from strop.runs.assembly import meta_description, settings_of
from strop.runs.spec import RunSpec, improver_text
from strop.tasks.command.task import AnyTask

RESPONSE_TOKENS = (2_700.0, 1_700.0)
"""Tokens of a response, in and out: what strong models of 2026 were seen to use. More in where the prompt alone is longer."""
BYTES_PER_TOKEN = 4.0
MOST_PROMPT_TOKENS = 32_768
"""Longest prompt. Improvers may write longer ones; only limits on tokens or money are certain."""
CALL_SECONDS = (10.0, 60.0)
"""Response times: expected and most. Stand-ins such as `offline` respond immediately."""
EVALUATION_SECONDS = 0.03
"""CPU time of one evaluation beside its instances: to start a guest and to record events."""
INSTANCE_SHARE, SEARCHING_SHARE = 0.0005, 0.7
"""Share of the time limit that a solution is expected to take on one instance; the second for tasks whose description names the
clock, which tells programs to search until their time is used. At most: all of it."""
CLOCK = "time.process_time"
EVERY_CALL, CHOSEN = 0.6, 0.73
"""Shares of the improvers that use their whole LM budget, of those that a model writes and of those that a self-improvement
returns; the others make one call, as the seed improver does."""
GATE_PAIRS, GATE_ACCEPTS, LAST_PAIRS = 1 / 3, 0.5, 1 / 2
"""Share of its pairs that a gate pays for, of the candidates that it accepts, and of the pairs that the last comparison pays for,
which a run makes if it accepted a candidate (`bench/gate.py`)."""


@dataclass(frozen=True)
class Work:
    """What something takes."""

    calls: float = 0.0
    """LM calls."""
    responses: float = 0.0
    evaluations: float = 0.0
    """Evaluations of solutions, on all instances of a split."""
    tokens: float = 0.0
    """In and out."""
    cost: float | None = 0.0
    """Billionths of a dollar; None if a price is unknown."""
    depth: float = 0.0
    """LM calls that must wait for one another."""

    def __add__(self, other: Work) -> Work:
        return Work(
            self.calls + other.calls,
            self.responses + other.responses,
            self.evaluations + other.evaluations,
            self.tokens + other.tokens,
            None if self.cost is None or other.cost is None else self.cost + other.cost,
            self.depth + other.depth,
        )

    def times(self, share: float) -> Work:
        """This work so many times."""
        cost = None if self.cost is None else self.cost * share
        calls, responses, evaluations = self.calls * share, self.responses * share, self.evaluations * share
        return Work(calls, responses, evaluations, self.tokens * share, cost, self.depth * share)


Works = tuple[Work, Work]
"""As expected, and at most."""


@dataclass(frozen=True)
class Plan:
    """What a command takes, within its limits."""

    expected: Work = Work()
    most: Work = Work()
    seconds: tuple[float, float] = (0.0, 0.0)
    """Wall time, as expected and at most."""
    warning: str = ""
    """One line if a limit pays for less than all of it, at the expected cost; else empty."""


@dataclass(frozen=True)
class Assumptions:
    """What a plan depends on beside the spec."""

    solution_prompt: int
    """Bytes of the seed improver's prompt for a solution."""
    improver_prompt: int
    """Bytes of its prompt for an improver."""
    instances: int
    """Instances of the training split."""
    time_limit: float
    """Seconds of one instance."""
    tariffs: Mapping[str, Tariff]
    """Tariffs by specification of the model."""
    searches: bool = False
    """Whether the task tells programs to search until their time is used."""

    def tokens(self, *, of_improver: bool) -> tuple[float, float]:
        """Expected tokens of one response, (input, output)."""
        prompt = self.improver_prompt if of_improver else self.solution_prompt
        return max(RESPONSE_TOKENS[0], prompt / BYTES_PER_TOKEN), RESPONSE_TOKENS[1]

    @property
    def evaluation_seconds(self) -> tuple[float, float]:
        """CPU time of one evaluation: expected and most."""
        most = self.instances * self.time_limit
        share = SEARCHING_SHARE if self.searches else INSTANCE_SHARE
        return EVALUATION_SECONDS + share * most, EVALUATION_SECONDS + most


def assumptions_of(spec: RunSpec, improver: str, tasks: Sequence[AnyTask], environ: Mapping[str, str]) -> Assumptions:
    """What a plan of `spec` (checked) depends on. `improver`: the text that is improved.

    Raises:
        ConfigurationError: the model does not exist, or money is limited and no price is known.
    """
    check(spec.model)
    prices = tariffs(spec.model, replace(settings_of(spec), url=spec.base_url), environ)
    if spec.max_cost is not None:
        check_cost_limit(prices)
    template = len(improver_text("seed").encode())
    one = tasks[0] if len(tasks) == 1 else None
    return Assumptions(
        solution_prompt=template + round(mean([len(task.seed.encode()) + len(task.u_str.encode()) for task in tasks])),
        improver_prompt=template + len(improver.encode()) + len(meta_description(spec).encode()),
        instances=one.count("train") if one else 1,
        time_limit=one.time_limit if one else mean([task.count("train") * task.time_limit for task in tasks]),
        tariffs=prices,
        searches=any(CLOCK in task.u_str for task in tasks),
    )


def work_of_run(spec: RunSpec, assumptions: Assumptions) -> Works:
    """The work of `strop run`."""
    expected, most = (_Side(spec, assumptions, most=most).run() for most in (False, True))
    return expected, most


def work_of_evaluation(spec: RunSpec, assumptions: Assumptions, improvers: Sequence[str], times: int = 1) -> Works:
    """The work of measuring improvers, `times` each; `seed` names the shipped seed improver."""

    def side(most: bool) -> Work:
        measuring = _Side(spec, assumptions, most=most)
        return _sum(measuring.measured(times, float(name == "seed")) for name in improvers)

    return side(False), side(True)


def work_of_improvement(spec: RunSpec, assumptions: Assumptions) -> Works:
    """The work of one improvement of a program by a shipped improver, which makes all its calls, but for the seed's one."""
    is_seed = float(spec.improver == "seed")
    expected, most = (_Side(spec, assumptions, most=most).downstream(1, 1, 2, is_seed, 1.0) for most in (False, True))
    return expected, most


def work_of_answers(spec: RunSpec, assumptions: Assumptions, responses: int, at_once: int) -> Works:
    """The work of asking for so many improvers, without scoring them."""
    calls = math.ceil(responses / spec.max_responses)
    figures = (calls, responses, 0.0, math.ceil(calls / at_once))
    expected, most = (_Side(spec, assumptions, most=most).asked(*figures, of_improver=True) for most in (False, True))
    return expected, most


def planned(spec: RunSpec, assumptions: Assumptions, works: Iterable[Works]) -> Plan:
    """The plan of these works, one after the other, within the limits of `spec`.

    Expected figures end where the first limit is spent. At most, each is capped by itself, since calls may be cheap and many; but
    fewer calls need fewer tokens, and fewer tokens less money.
    """
    pairs = [*works]
    expected, most = _sum(pair[0] for pair in pairs), _sum(pair[1] for pair in pairs)
    seconds = [_seconds(spec, assumptions, work, side) for side, work in enumerate((expected, most))]
    limits = spec.limits()
    figures = {
        "--max-calls": (spec.max_calls, expected.calls),
        "--max-tokens": (spec.max_tokens, expected.tokens),
        "--max-time": (spec.max_time, seconds[0]),
        "--max-cost": (limits.get(COST), expected.cost or 0.0),
    }
    shares = {flag: limit / figure for flag, (limit, figure) in figures.items() if limit is not None and figure}
    share, flag = min([(1.0, ""), *((share, flag) for flag, share in shares.items())])
    calls = _within(most.calls, spec.max_calls)
    most = most.times(calls / most.calls) if most.calls else most
    cost = None if most.cost is None else _within(most.cost, limits.get(COST))
    most = replace(most, calls=calls, tokens=_within(most.tokens, spec.max_tokens), cost=cost)
    part = f"{share:.0%}" if share >= 0.005 else "less than 1%"
    warning = f"{flag} pays for {part} of this; the rest needs a larger one" if flag else ""
    return Plan(expected.times(share), most, (seconds[0] * share, _within(seconds[1], spec.max_time)), warning)


def _within(figure: float, limit: float | None) -> float:
    return figure if limit is None else min(figure, limit)


def _sum(works: Iterable[Work]) -> Work:
    return sum(works, Work())


def _seconds(spec: RunSpec, assumptions: Assumptions, work: Work, side: int) -> float:
    """Wall time: sequential calls, and evaluations on this machine's cores."""
    waits = any(not tariff.tokenless for tariff in assumptions.tariffs.values())
    return work.depth * CALL_SECONDS[side] * waits + work.evaluations * assumptions.evaluation_seconds[side] / max(
        spec.slots, 1
    )


@dataclass(frozen=True)
class _Side:
    """Counts work, as expected or at most. `is_seed` is the probability that an improver is the shipped seed improver."""

    spec: RunSpec
    assumptions: Assumptions
    most: bool

    def run(self) -> Work:
        spec, is_seed = self.spec, float(self.spec.improver == "seed")
        accepted = 1.0 if spec.selection == "paper" else GATE_ACCEPTS
        whole = self.measured(1, is_seed) + Work(evaluations=len(spec.tasks))
        whole += _sum(self._iteration(is_seed * (1 - accepted) ** t, accepted) for t in range(spec.iterations))
        if spec.selection != "paper" and spec.iterations:
            whole += self._pairs(LAST_PAIRS * (1 - (1 - GATE_ACCEPTS) ** spec.iterations), is_seed)
        return whole

    def _iteration(self, is_seed: float, accepted: float) -> Work:
        calls, responses, evaluated = self._asks(is_seed, self.spec.meta_budget, CHOSEN)
        asks = float(calls > 0)
        work = self.asked(calls, responses, 0.0, calls, of_improver=True)
        work += self.downstream(evaluated * self.spec.downstream, evaluated, 1, 0.0, EVERY_CALL)
        work += self.measured(1 if self.most else accepted * asks, 0.0)
        return work if self.spec.selection == "paper" else work + self._pairs(GATE_PAIRS * asks, is_seed)

    def _pairs(self, share: float, is_seed: float) -> Work:
        """A comparison that pays for a share of its pairs; `is_seed` is of the incumbent."""
        pairs = self.spec.gate_pairs * (1 if self.most else share)
        rounds = math.ceil(pairs / TOGETHER)
        return self.downstream(pairs, rounds, 1, is_seed, CHOSEN) + self.downstream(pairs, rounds, 1, 0.0, CHOSEN)

    def measured(self, times: float, is_seed: float) -> Work:
        """|D| improvements, and the scores of their solutions on the sealed split."""
        return self.downstream(times * self.spec.downstream, times, 2, is_seed, CHOSEN)

    def downstream(self, improvements: float, rounds: float, scorings: int, is_seed: float, share: float) -> Work:
        """So many improvements of programs in sequential rounds, with so many scorings of each result."""
        calls, responses, evaluations = self._asks(is_seed, self.spec.utility_budget, share)
        return self.asked(
            improvements * calls, improvements * responses, improvements * (evaluations + scorings), rounds * calls
        )

    def _asks(self, is_seed: float, budget: int, share: float) -> tuple[float, float, float]:
        """(LM calls, responses, evaluations) of one improvement with `budget` evaluations. `share`: of the improvers that are not
        the seed improver, those that make every call."""
        spec = self.spec
        asks = int(spec.lm_budget > 0 and budget > 0)
        if self.most:
            return spec.lm_budget, spec.lm_budget * spec.max_responses, budget
        every = (1 - is_seed) * share
        once, most = min(spec.max_responses, budget) * asks, spec.lm_budget * spec.max_responses * asks
        return (
            (1 - every) * asks + every * spec.lm_budget * asks,
            (1 - every) * once + every * most,
            (1 - every) * once + every * min(most, budget),
        )

    def asked(
        self, calls: float, responses: float, evaluations: float, depth: float, *, of_improver: bool = False
    ) -> Work:
        """These calls, with the tokens and the money of their responses. `of_improver`: they ask for improvers."""
        known = self.assumptions
        specs = list(known.tariffs)
        level = META if of_improver else ""
        specs = [spec for spec in specs if read_spec(spec)[1].level == level] or specs
        members = [(known.tariffs[spec], read_spec(spec)[1].weight) for spec in specs]
        weights = sum(weight for _, weight in members)
        into, out = known.tokens(of_improver=of_improver)
        longest = max(tariff.max_tokens for tariff, _ in members)
        paid = sum(weight for tariff, weight in members if not tariff.tokenless) / weights
        into, out = (max(MOST_PROMPT_TOKENS, into), longest) if self.most else (into, min(out, longest))
        tokens = responses * (into + out) * (float(paid > 0) if self.most else paid)
        bills = [
            (tariff.price.most(int(into), int(out)), weight) for tariff, weight in members if tariff.price is not None
        ]
        if len(bills) < len(members):
            return Work(calls, responses, evaluations, tokens, None, depth)
        each = max(bill for bill, _ in bills) if self.most else sum(bill * weight for bill, weight in bills) / weights
        return Work(calls, responses, evaluations, tokens, responses * each, depth)
