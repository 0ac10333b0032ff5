"""The expected cost of what asks a model: `--dry-run` of `strop run`, `improve`, `eval` and `reproduce`.

The paper's cost of one self-improvement is "essentially O((budget_u + budget_L) * budget_û)" (§4, "Intuition"): in each of up to
budget_û evaluations, an improver works on every downstream task, where it may call u budget_u times and L budget_L times. With
|D| tasks and T iterations that is T * budget_û * |D| * (budget_u + budget_L). This module counts role by role and adds what the
formula omits: the self-improvement's own calls, the gate, the measurement of every accepted I_t, and the last comparison.

Pure arithmetic: lengths of texts and prices are arguments.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from strop.base.budget import COST
from strop.core.selection.comparison import TOGETHER
from strop.lm.options import META, read_spec
from strop.lm.prices import Tariff
from strop.runs.spec import RunSpec

SELF_IMPROVEMENT, META_EVALUATION, GATE, MEASUREMENT = "self-improvement", "meta-evaluation", "gate", "measurement"
LAST_COMPARISON = "last comparison"
ROLES = (SELF_IMPROVEMENT, META_EVALUATION, GATE, MEASUREMENT, LAST_COMPARISON)
"""Purposes of LM calls, in display order."""

BYTES_PER_TOKEN = 4.0
"""Expected bytes of a prompt that make one token."""
RESPONSE_TOKENS = (2_700.0, 1_700.0)
"""Tokens of a response as expected, in and out, where no record tells: what strong models of 2026 were seen to use. More in where
the prompt alone is longer."""
MOST_PROMPT_TOKENS = 32_768
"""Longest prompt. Improvers may write longer ones; only limits on tokens or money are certain."""
CALL_SECONDS = (10.0, 60.0)
"""Response times: expected and most. Stand-ins such as `offline` respond immediately."""
EVALUATION_SECONDS = 0.03
"""CPU time of one evaluation beside its instances: to start a guest and to record events."""
INSTANCE_SHARE, SEARCHING_SHARE = 0.0005, 0.7
"""Share of the time limit that a solution is expected to take on one instance, where no record tells; the second for tasks that
tell programs to search until their time is used. At most: all of it."""
EVERY_CALL, CHOSEN = 0.6, 0.73
"""Shares of the improvers that use their whole LM budget, of those that a model writes and of those that a self-improvement
returns; the others make one call."""
GATE_PAIRS, GATE_ACCEPTS = 1 / 3, 0.5
"""Share of its pairs that a gate pays for, and of the candidates that it accepts: it ends early where the evidence is hopeless
(`bench/gate.py`), and strong models write better improvers."""
LAST_PAIRS = 1 / 2
"""Share of these pairs that the last comparison pays for, which a run makes if it accepted a candidate."""


@dataclass(frozen=True)
class Range:
    """A figure as expected and at most."""

    expected: float = 0.0
    most: float = 0.0

    def __iter__(self) -> Iterator[float]:
        return iter((self.expected, self.most))

    def __add__(self, other: Range) -> Range:
        return Range(*map(operator.add, self, other))

    def __mul__(self, other: Range) -> Range:
        return Range(*map(operator.mul, self, other))

    def within(self, limit: float | None) -> Range:
        """This figure, capped by a limit of the run; None: no limit."""
        return self if limit is None else Range(*(min(figure, limit) for figure in self))


@dataclass(frozen=True)
class CostEstimate:
    """LM calls and evaluations of one role or of several, and their cost."""

    calls: Range = Range()
    responses: Range = Range()
    evaluations: Range = Range()
    """Evaluations of solutions, on all instances of a split."""
    tokens: Range = Range()
    """Tokens in and out."""
    cost: Range | None = Range()
    """Billionths of a dollar; None if a price is unknown."""
    depth: Range = Range()
    """LM calls that must wait for one another."""

    def __add__(self, other: CostEstimate) -> CostEstimate:
        cost = None if self.cost is None or other.cost is None else self.cost + other.cost
        return CostEstimate(
            self.calls + other.calls,
            self.responses + other.responses,
            self.evaluations + other.evaluations,
            self.tokens + other.tokens,
            cost,
            self.depth + other.depth,
        )


@dataclass(frozen=True)
class Usage:
    """What records of earlier runs say."""

    program: tuple[float, float] | None = None
    """Tokens, in and out, of a response that is a program; None: unknown."""
    improver: tuple[float, float] | None = None
    """Tokens, in and out, of a response that is an improver; None: unknown."""
    cpu_seconds: float | None = None
    """CPU time of one evaluation."""
    record: str = ""
    """The record that the tokens are from."""


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
    usage: Usage = Usage()

    def tokens(self, *, of_improver: bool) -> tuple[float, float]:
        """Expected tokens of one response, (input, output): from earlier records if there are any, else an estimate."""
        if known := self.usage.improver if of_improver else self.usage.program:
            return known
        into, out = RESPONSE_TOKENS
        return max(into, (self.improver_prompt if of_improver else self.solution_prompt) / BYTES_PER_TOKEN), out

    @property
    def evaluation_seconds(self) -> Range:
        """CPU time of one evaluation: expected and most."""
        most = self.instances * self.time_limit
        share = SEARCHING_SHARE if self.searches else INSTANCE_SHARE
        known = self.usage.cpu_seconds
        return Range(EVALUATION_SECONDS + (share * most if known is None else known), EVALUATION_SECONDS + most)


@dataclass(frozen=True)
class Plan:
    """The estimate of a run. Its total and its seconds are capped by the limits of the run."""

    roles: Mapping[str, CostEstimate]
    """Purpose of LM calls, one of `ROLES` → their estimate, without the limits of the run."""
    total: CostEstimate = CostEstimate()
    seconds: Range = Range()
    warning: str = ""
    """One line if the limits allow fewer than one iteration, or less than all of it, at the expected cost; else empty."""


def planned(spec: RunSpec, assumptions: Assumptions) -> Plan:
    """The estimate for `spec` (checked).

    Expected: the shipped seed improver makes one call, others as many as `EVERY_CALL` and `CHOSEN` say; each response is scored
    once; a gate is like `GATE_PAIRS` and `GATE_ACCEPTS`. Most: all budgets are spent.
    """
    is_seed = float(spec.improver == "seed")
    measured = _measured(spec, assumptions, _all(1), is_seed)
    once = {MEASUREMENT: measured, LAST_COMPARISON: _last(spec, assumptions, is_seed)}
    begun = (_iteration(spec, assumptions, is_seed * (1 - _accepted(spec)) ** t) for t in range(spec.iterations))
    parts = [once, *begun]
    roles = {role: sum((part.get(role, CostEstimate()) for part in parts), CostEstimate()) for role in ROLES}
    first = sum((work for part in parts[:2] for work in part.values()), CostEstimate())
    total, seconds = _cut(spec, assumptions, sum(roles.values(), CostEstimate(evaluations=_all(len(spec.tasks)))))
    return Plan(roles, total, seconds, _warning(_limits(spec, assumptions, first)) if spec.iterations else "")


def planned_evaluation(spec: RunSpec, assumptions: Assumptions, improvers: Sequence[str], times: int = 1) -> Plan:
    """The estimate of measuring improvers, `times` each; `seed` names the shipped seed improver."""
    each = (_measured(spec, assumptions, _all(times), float(name == "seed")) for name in improvers)
    return joined(spec, assumptions, [Plan({MEASUREMENT: sum(each, CostEstimate())})])


def planned_improvement(spec: RunSpec, assumptions: Assumptions) -> Plan:
    """The estimate of one improvement of a program by a shipped improver, which makes all its calls, but for the seed's one."""
    work = _downstream(spec, (_all(1), _all(1), _all(2)), float(spec.improver == "seed"), 1.0, assumptions)
    return joined(spec, assumptions, [Plan({"improvement": work})])


def planned_answers(spec: RunSpec, assumptions: Assumptions, responses: int, at_once: int) -> Plan:
    """The estimate of asking for so many improvers, without scoring them."""
    calls = math.ceil(responses / spec.max_responses)
    depth = _all(math.ceil(calls / at_once))
    work = _asked(_all(calls), _all(responses), Range(), depth, assumptions, of_improver=True)
    return joined(spec, assumptions, [Plan({SELF_IMPROVEMENT: work})])


def joined(spec: RunSpec, assumptions: Assumptions, plans: Sequence[Plan], at_once: int = 1) -> Plan:
    """The plan of what these plan, `at_once` at a time, within the limits of `spec`; its warning says if they pay for less."""
    roles: dict[str, CostEstimate] = {}
    for role, work in (pair for plan in plans for pair in plan.roles.items()):
        roles[role] = roles.get(role, CostEstimate()) + work
    whole = sum(roles.values(), CostEstimate())
    whole = replace(whole, depth=whole.depth * _all(1 / at_once))
    short = _least(_limits(spec, assumptions, whole))
    warning = f"{short[1]} pays for {short[0]:.0%} of this; the rest needs a larger one" if short else ""
    return Plan(roles, *_cut(spec, assumptions, whole), warning)


def _least(limits: Mapping[str, tuple[float, Range]]) -> tuple[float, str] | None:
    """(the share of the expected figure that the tightest limit pays for, its flag); None if all of them suffice."""
    return min(
        ((limit / figure.expected, flag) for flag, (limit, figure) in limits.items() if limit < figure.expected),
        default=None,
    )


def _warning(limits: Mapping[str, tuple[float, Range]]) -> str:
    """That the first iteration passes a limit, as expected; `limits`: those of a run, with its figures."""
    short = _least(limits)
    lower = "--meta-budget, --copies, --gate-pairs or --max-responses"
    return f"{short[1]} buys fewer than one iteration: raise it, or lower {lower}" if short else ""


def _cut(spec: RunSpec, assumptions: Assumptions, total: CostEstimate) -> tuple[CostEstimate, Range]:
    """The total of a run and its wall time, capped by the limits.

    Expected figures are cut to the share of the run at which the first limit is spent. At most, each figure is capped by itself,
    since calls may be cheap and many; but fewer calls need fewer tokens, and fewer tokens less money.
    """
    seconds, limits = _seconds(spec, assumptions, total), _limits(spec, assumptions, total)
    shares = [[min(limit / figure, 1.0) if figure else 1.0 for figure in figures] for limit, figures in limits.values()]
    share = replace(Range(*map(min, zip(*shares, strict=True))), most=1.0) if shares else _all(1)
    calls = (total.calls * share).within(spec.max_calls)
    fewer = Range(1.0, calls.most / total.calls.most if total.calls.most else 1.0)
    tokens = (total.tokens * share * fewer).within(spec.max_tokens)
    cost = total.cost and (total.cost * share * fewer).within(spec.limits().get(COST))
    responses = total.responses * share * fewer
    if cost is not None and spec.max_tokens is not None:
        prices = [tariff.price for tariff in assumptions.tariffs.values() if tariff.price is not None]
        token = max(float(dollars) for price in prices for _, dollars in (*price.input, *price.output))
        request = max(float(price.request) for price in prices)
        cost = replace(cost, most=min(cost.most, spec.max_tokens * token + responses.most * request))
    work = CostEstimate(calls, responses, total.evaluations * share, tokens, cost, total.depth * share)
    return work, (seconds * share).within(spec.max_time)


def _accepted(spec: RunSpec) -> float:
    """The share of the candidates that replace the incumbent; without a gate, all of them."""
    return 1.0 if spec.selection == "paper" else GATE_ACCEPTS


def _asks(spec: RunSpec, is_seed: float, budget: int, share: float) -> tuple[Range, Range, Range]:
    """(LM calls, responses, evaluations) of one improvement with `budget` evaluations.

    `is_seed`: the probability that its improver is the shipped seed improver, which makes one call; of the others, `share` make
    every call.
    """
    asks = int(spec.lm_budget > 0 and budget > 0)
    once, most = min(spec.max_responses, budget) * asks, spec.lm_budget * spec.max_responses
    every = most * asks

    def between(one: float, all_of_them: float) -> float:
        return is_seed * one + (1 - is_seed) * ((1 - share) * one + share * all_of_them)

    again = 1 if spec.edits == "rewrite" else 2  # edits that do not fit are asked for once more, outside the grant
    calls = Range(between(asks, spec.lm_budget * asks), again * spec.lm_budget)
    return calls, Range(between(once, every), again * most), Range(between(once, min(every, budget)), budget)


def _iteration(spec: RunSpec, assumptions: Assumptions, is_seed: float) -> dict[str, CostEstimate]:
    """One iteration, by role; `is_seed`: the probability that the parent is the shipped seed improver."""
    calls, responses, evaluated = _asks(spec, is_seed, spec.meta_budget, CHOSEN)
    itself = _asked(calls, responses, Range(), calls, assumptions, of_improver=True)
    asks = float(calls.expected > 0)
    estimates = {
        SELF_IMPROVEMENT: itself,
        META_EVALUATION: _downstream(
            spec, (evaluated * _all(spec.downstream), evaluated, _all(1)), 0.0, EVERY_CALL, assumptions
        ),
    }
    measured = _measured(spec, assumptions, Range(_accepted(spec) * asks, 1))
    if spec.selection == "paper":
        return estimates | {GATE: CostEstimate(), MEASUREMENT: measured}
    return estimates | {GATE: _pairs(spec, assumptions, GATE_PAIRS * asks, is_seed), MEASUREMENT: measured}


def _last(spec: RunSpec, assumptions: Assumptions, is_seed: float) -> CostEstimate:
    """The last comparison, which is made if any candidate was accepted."""
    if spec.selection == "paper" or not spec.iterations:
        return CostEstimate()
    return _pairs(spec, assumptions, LAST_PAIRS * (1 - (1 - GATE_ACCEPTS) ** spec.iterations), is_seed)


def _pairs(spec: RunSpec, assumptions: Assumptions, share: float, is_seed: float) -> CostEstimate:
    """A comparison that pays for a share of its pairs; `is_seed`: the probability that the incumbent is the seed improver."""
    pairs = Range(share * spec.gate_pairs, spec.gate_pairs)
    rounds = Range(*(math.ceil(count / TOGETHER) for count in pairs))
    sides = (_downstream(spec, (pairs, rounds, _all(1)), side, CHOSEN, assumptions) for side in (is_seed, 0.0))
    return sum(sides, CostEstimate())


def _measured(spec: RunSpec, assumptions: Assumptions, times: Range, is_seed: float = 0.0) -> CostEstimate:
    """|D| improvements, and the scores of their solutions on the sealed split."""
    work = (times * _all(spec.downstream), times, _all(2))
    return _downstream(spec, work, is_seed, CHOSEN, assumptions)


def _downstream(
    spec: RunSpec, work: tuple[Range, Range, Range], is_seed: float, share: float, assumptions: Assumptions
) -> CostEstimate:
    """`work`: the number of improvements, of sequential rounds, and of scorings of each result."""
    improvements, rounds, scored = work
    calls, responses, evaluations = _asks(spec, is_seed, spec.utility_budget, share)
    asked = (improvements * calls, improvements * responses, improvements * (evaluations + scored))
    return _asked(*asked, rounds * calls, assumptions, of_improver=False)


def _asked(
    calls: Range, responses: Range, evaluations: Range, depth: Range, assumptions: Assumptions, *, of_improver: bool
) -> CostEstimate:
    """The estimate of these calls, with the tokens and the money of their responses. `of_improver`: they ask for improvers."""
    specs = list(assumptions.tariffs)
    level = META if of_improver else ""
    asked = [spec for spec in specs if read_spec(spec)[1].level == level] or specs
    tariffs, weights = [assumptions.tariffs[spec] for spec in asked], [read_spec(spec)[1].weight for spec in asked]
    share = sum(weight for weight, tariff in zip(weights, tariffs, strict=True) if not tariff.tokenless) / sum(weights)
    longest = max(tariff.max_tokens for tariff in tariffs)
    into, out = assumptions.tokens(of_improver=of_improver)
    prompt = assumptions.improver_prompt if of_improver else assumptions.solution_prompt
    each_in, each_out = Range(into, max(MOST_PROMPT_TOKENS, prompt, into)), Range(min(out, longest), longest)
    tokens = responses * (each_in + each_out) * Range(share, float(share > 0))
    if any(tariff.price is None for tariff in tariffs):
        return CostEstimate(calls, responses, evaluations, tokens, None, depth)
    bills = [tariff.price.most for tariff in tariffs if tariff.price is not None]
    most = max(bill(int(each_in.most), int(each_out.most)) for bill in bills)
    expected = int(each_in.expected), int(each_out.expected)
    likely = sum(weight * bill(*expected) for weight, bill in zip(weights, bills, strict=True)) / sum(weights)
    return CostEstimate(calls, responses, evaluations, tokens, responses * Range(likely, most), depth)


def _limits(spec: RunSpec, assumptions: Assumptions, work: CostEstimate) -> dict[str, tuple[float, Range]]:
    """The limits of a run by their flags, each with the figure of `work` that it caps."""
    max_cost = spec.limits().get(COST)
    figures = {
        "--max-calls": (spec.max_calls, work.calls),
        "--max-tokens": (spec.max_tokens, work.tokens),
        "--max-time": (spec.max_time, _seconds(spec, assumptions, work)),
        "--max-cost": (None if work.cost is None else max_cost, work.cost or Range()),
    }
    return {flag: (limit, figure) for flag, (limit, figure) in figures.items() if limit is not None}


def _seconds(spec: RunSpec, assumptions: Assumptions, work: CostEstimate) -> Range:
    """Wall time: sequential calls, and evaluations on this machine's cores."""
    waiting = Range()
    if any(not tariff.tokenless for tariff in assumptions.tariffs.values()):
        waiting = work.depth * Range(*CALL_SECONDS)
    return waiting + work.evaluations * assumptions.evaluation_seconds * _all(1 / max(spec.slots, 1))


def _all(number: float) -> Range:
    return Range(number, number)
