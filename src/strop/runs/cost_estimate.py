"""What a run would come to, before anything is asked: `strop run --dry-run`.

The paper's cost of one self-improvement is "essentially O((budget_u + budget_L) * budget_û)" (§4, "Intuition"): each of up to
budget_û evaluations of an improver lets it work on every downstream task, where it may call u budget_u times and L budget_L
times. With |D| tasks and T iterations that is T * budget_û * |D| * (budget_u + budget_L). Here this is counted role by role, with
what the formula leaves out: the self-improvement's own calls, the gate, and the measurement of every I_t that goes on.

Pure arithmetic: the texts' lengths and the prices are handed in.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from strop.core.selection.gated import Gate
from strop.core.selection.rehearsal import Rehearsed, rehearsed
from strop.lm.offline import parse
from strop.lm.options import members, read_spec
from strop.lm.prices import NOTHING, Tariff
from strop.runs.spec import RunSpec

SELF_IMPROVEMENT, META_EVALUATION, GATE, MEASUREMENT = "self-improvement", "meta-evaluation", "gate", "measurement"
ROLES = (SELF_IMPROVEMENT, META_EVALUATION, GATE, MEASUREMENT)
"""What LM calls are for, in the order in which they are shown."""

BYTES_PER_TOKEN = (8.0, 4.0)
"""Of a prompt: at the least tokens, and as expected."""
MOST_PROMPT_TOKENS = 32_768
"""A prompt at most. Improvers may write longer ones: only a limit on tokens or money is sure."""
OUTPUT_PER_PROGRAM, OUTPUT_TOKENS = 1.5, 200
"""An answer is expected to be this many times as long as the program it improves, plus so many tokens of words."""
CALL_SECONDS = (0.5, 10.0, 60.0)
"""From a request to its answer, least, expected and most; a stand-in such as `offline` answers at once."""
EVALUATION_SECONDS = 0.03
"""Of processor time that one evaluation takes besides its instances: to start a guest, to record what it did."""
INSTANCE_SHARE = (0.0, 0.0005, 1.0)
"""Part of the task's time limit that a solution takes on one instance."""


@dataclass(frozen=True)
class Appetite:
    """What improvers that a model writes are expected to ask; those that do neither make one LM call."""

    every_call: float = 0.6
    """Share of them that make every LM call that they may."""
    nothing: float = 0.0
    """Share of them that fail before they ask."""

    @property
    def chosen(self) -> Appetite:
        """Of those that a self-improvement returns: they ask for something, and a third of the others make every call too."""
        return Appetite(self.every_call + (1 - self.every_call) / 3)

    def of(self, once: float, every: float) -> float:
        """The mean of what comes to 0, `once` with one LM call and `every` with all."""
        return self.every_call * every + (1 - self.every_call - self.nothing) * once


EVERY_CALL = Appetite(1.0)


@cache
def appetite_of(lm: str) -> Appetite:
    """Of the improvers that the models of a specification write: counted of the offline proposer, assumed of others."""
    read = [read_spec(each) for each in members(lm)]
    each = [Appetite(*parse(name, 0).asking) if name.startswith("offline") else Appetite() for name, _ in read]
    whole = sum(settings.weight for _, settings in read)
    weighed = [(one, settings.weight / whole) for one, (_, settings) in zip(each, read, strict=True)]
    return Appetite(sum(one.every_call * w for one, w in weighed), sum(one.nothing * w for one, w in weighed))


@dataclass(frozen=True)
class Range:
    """A figure at least, as expected, if every improver that a model writes makes every LM call that it may, and at most."""

    least: float = 0.0
    expected: float = 0.0
    every_call: float = 0.0
    most: float = 0.0

    def __iter__(self) -> Iterator[float]:
        return iter((self.least, self.expected, self.every_call, self.most))

    def __add__(self, other: Range) -> Range:
        return Range(*map(operator.add, self, other))

    def __mul__(self, other: Range) -> Range:
        return Range(*map(operator.mul, self, other))

    def within(self, limit: float | None) -> Range:
        """Cut where a limit ends the run."""
        return self if limit is None else Range(*(min(each, limit) for each in self))


@dataclass(frozen=True)
class Estimate:
    """What LM calls and evaluations of one role, or of several, come to."""

    calls: Range = Range()
    responses: Range = Range()
    evaluations: Range = Range()
    """Of solutions, on all instances of a split."""
    tokens: Range = Range()
    """In and out."""
    cost: Range | None = Range()
    """Billionths of a dollar; None where a price is not known."""
    depth: Range = Range()
    """LM calls that must wait for one another, whatever runs at once."""

    def __add__(self, other: Estimate) -> Estimate:
        cost = None if self.cost is None or other.cost is None else self.cost + other.cost
        return Estimate(
            self.calls + other.calls,
            self.responses + other.responses,
            self.evaluations + other.evaluations,
            self.tokens + other.tokens,
            cost,
            self.depth + other.depth,
        )


@dataclass(frozen=True)
class Assumptions:
    """What a plan rests on besides the recipe."""

    solution_prompt: int
    """Bytes of the seed improver's prompt for a solution."""
    improver_prompt: int
    """Bytes of its prompt for an improver."""
    solution: int
    """Bytes of the seed solution."""
    improver: int
    """Bytes of I_0."""
    instances: int
    """Of the training split."""
    time_limit: float
    """Seconds of one instance."""
    tariffs: Mapping[str, Tariff]
    weights: Sequence[float]
    """Of the tariffs' models in a mixture."""
    appetite: Appetite = Appetite()
    """Of the improvers that these models write."""


@dataclass(frozen=True)
class Plan:
    """A run before it is begun. Every figure is cut where a limit would end the run."""

    roles: Mapping[str, Estimate]
    """By role, without the limits."""
    total: Estimate
    seconds: Range
    leading: int
    """T * budget_û * |D| * (budget_u + budget_L): the paper's cost."""
    iterations: float
    """How many the limits buy, at the expected cost; T where they buy more, or nothing is limited."""
    attempts: int
    """Candidate improvers that whole iterations of these write."""
    binding: str
    """The flag of the limit that is spent first; empty where none is."""
    appetite: Appetite
    gate: Rehearsed

    @property
    def warning(self) -> str:
        """One line where the limits buy fewer than one iteration; empty else."""
        if not self.binding or self.iterations >= 1:
            return ""
        return (
            f"{self.binding} buys {self.iterations:.2g} iterations, fewer than one: raise it, or lower --meta-budget, --copies, "
            "--gate-pairs or --max-responses"
        )


def planned(spec: RunSpec, ground: Assumptions) -> Plan:
    """What `spec` (checked) comes to: least, expected, with improvers that use every call, and most.

    Least: what happens if every program that a model writes asks for nothing. Only the shipped seed improver is known to ask.
    Expected: improvers that a model writes have the ground's appetite; each response is scored once; a gate needs as many pairs,
    and accepts as many candidates, as in `rehearsed` gates.
    Every call: all of them make every LM call; gates are as expected.
    Most: every budget is spent.
    """
    known = float(spec.improver == "seed")
    once = {MEASUREMENT: _measured(spec, ground, _all(1), known)}
    roles = {role: once.get(role, Estimate()) for role in ROLES}
    each: dict[str, Estimate] = {}
    for t in range(spec.iterations):
        each = _iteration(spec, ground, known * (1 - _gate(spec).accepted) ** t)
        roles = {role: roles[role] + each[role] for role in ROLES}
    total = sum(
        roles.values(), Estimate(evaluations=_all(len(spec.tasks)))
    )  # seed solutions are scored once before everything
    beginning = once[MEASUREMENT]
    iteration = sum(_iteration(spec, ground, known).values(), Estimate())
    bought, binding = _bought(spec, ground, beginning, iteration)
    candidates = _candidates(spec)
    limited, seconds = _cut(spec, ground, total)
    return Plan(
        roles=roles,
        total=limited,
        seconds=seconds,
        leading=spec.iterations * spec.meta_budget * spec.downstream * (spec.utility_budget + spec.lm_budget),
        iterations=min(bought, float(spec.iterations)),
        attempts=math.floor(min(bought, spec.iterations)) * candidates,
        binding=binding,
        appetite=ground.appetite,
        gate=_gate(spec),
    )


def calls_of_iteration(spec: RunSpec, t: int) -> float:
    """LM calls that iteration `t`, from 1, is expected to make."""
    nobody = {"": Tariff(NOTHING, 1, tokenless=True)}
    ground = Assumptions(0, 0, 0, 0, 1, 0.0, nobody, [1.0], appetite_of(spec.model))
    known = float(spec.improver == "seed") * (1 - _gate(spec).accepted) ** (t - 1)
    return sum(work.calls.expected for work in _iteration(spec, ground, known).values())


def _cut(spec: RunSpec, ground: Assumptions, total: Estimate) -> tuple[Estimate, Range]:
    """All of a run and its wall time, cut where a limit ends it.

    But for the most, every figure ends at the same share of the run, that of the limit which is spent first. Most: each figure by
    itself, since cheap calls may be many; but fewer calls bring fewer tokens, and fewer tokens less money.
    """
    seconds = _seconds(spec, ground, total)
    max_cost = None if spec.max_cost is None else spec.max_cost * 1e9
    spent = [
        (total.calls, spec.max_calls),
        (total.tokens, spec.max_tokens),
        (seconds, spec.max_time),
        (total.cost or Range(), max_cost),
    ]
    limits = [(span, limit) for span, limit in spent if limit is not None]
    shares = [[min(limit / figure, 1.0) if figure else 1.0 for figure in span] for span, limit in limits]
    share = replace(Range(*map(min, zip(*shares, strict=True))), most=1.0) if shares else _all(1)
    calls = (total.calls * share).within(spec.max_calls)
    fewer = Range(1.0, 1.0, 1.0, calls.most / total.calls.most if total.calls.most else 1.0)
    tokens = (total.tokens * share * fewer).within(spec.max_tokens)
    cost = total.cost and (total.cost * share * fewer).within(max_cost)
    responses = total.responses * share * fewer
    if cost is not None and spec.max_tokens is not None:
        prices = [each.price for each in ground.tariffs.values() if each.price is not None]
        token = max(float(price) for each in prices for _, price in (*each.input, *each.output))
        request = max(float(each.request) for each in prices)
        cost = replace(cost, most=min(cost.most, spec.max_tokens * token + responses.most * request))
    work = Estimate(calls, responses, total.evaluations * share, tokens, cost, total.depth * share)
    return work, (seconds * share).within(spec.max_time)


def _candidates(spec: RunSpec) -> int:
    """Candidate improvers that the seed improver writes."""
    return min(spec.max_responses, spec.meta_budget) if spec.lm_budget else 0


def _gate(spec: RunSpec) -> Rehearsed:
    """What a gate of this run is expected to come to. Without one, every candidate replaces the incumbent."""
    if spec.selection == "paper":
        return Rehearsed(0.0, 1.0)
    return rehearsed(Gate(spec.gate_error, max(spec.iterations, 1), spec.gate_pairs), spec.downstream)


def _asks(spec: RunSpec, known: float, budget: int, appetite: Appetite) -> tuple[Range, Range, Range]:
    """(LM calls, responses, evaluations) of one improvement that may evaluate `budget` times.

    `known`: the probability that its improver is the shipped seed improver, which makes one call; else it has this appetite.
    """
    asks, least = int(spec.lm_budget > 0 and budget > 0), int(known == 1)
    once, most = min(spec.max_responses, budget) * asks, spec.lm_budget * spec.max_responses
    every = most * asks

    def between(one: float, all_of_them: float) -> tuple[float, float]:
        of = (each.of(one, all_of_them) for each in (appetite, EVERY_CALL))
        expected, highest = (known * one + (1 - known) * each for each in of)
        return expected, highest

    calls = Range(asks * least, *between(asks, spec.lm_budget * asks), spec.lm_budget)
    responses = Range(once * least, *between(once, every), most)
    return calls, responses, Range(0, *between(once, min(every, budget)), budget)


def _iteration(spec: RunSpec, ground: Assumptions, known: float) -> dict[str, Estimate]:
    """One iteration, by role; `known`: the probability that the improver that improves itself is the shipped seed improver."""
    chosen, gate = ground.appetite.chosen, _gate(spec)
    calls, responses, evaluated = _asks(spec, known, spec.meta_budget, chosen)
    itself = _asked(calls, responses, Range(), calls, ground, (ground.improver_prompt, ground.improver))
    asks = float(calls.expected > 0)
    found = {
        SELF_IMPROVEMENT: itself,
        META_EVALUATION: _downstream(
            spec, (evaluated * _all(spec.downstream), evaluated, _all(1)), 0.0, ground.appetite, ground
        ),
    }
    share = gate.accepted * asks
    measured = _measured(spec, ground, Range(0, share, share, 1))
    if spec.selection == "paper":
        return found | {GATE: Estimate(), MEASUREMENT: measured}
    usual = gate.pairs * asks
    pairs = Range(0, usual, usual, spec.gate_pairs)
    rounds = Range(*(math.ceil(each / spec.downstream) for each in pairs))
    sides = (_downstream(spec, (pairs, rounds, _all(1)), each, chosen, ground) for each in (known, 0.0))
    return found | {GATE: sum(sides, Estimate()), MEASUREMENT: measured}


def _measured(spec: RunSpec, ground: Assumptions, times: Range, known: float = 0.0) -> Estimate:
    """|D| improvements, and their solutions on the sealed test split too."""
    work = (times * _all(spec.downstream), times, _all(2))
    return _downstream(spec, work, known, ground.appetite.chosen, ground)


def _downstream(
    spec: RunSpec, work: tuple[Range, Range, Range], known: float, appetite: Appetite, ground: Assumptions
) -> Estimate:
    """`work`: how many improvements, in how many rounds that wait for one another, how often each result is scored."""
    improvements, rounds, scored = work
    calls, responses, evaluations = _asks(spec, known, spec.utility_budget, appetite)
    asked = (improvements * calls, improvements * responses, improvements * (evaluations + scored))
    return _asked(*asked, rounds * calls, ground, (ground.solution_prompt, ground.solution))


def _asked(
    calls: Range, responses: Range, evaluations: Range, depth: Range, ground: Assumptions, texts: tuple[int, int]
) -> Estimate:
    """With the tokens and the money of so many responses; `texts`: bytes of a prompt, and of the program that it is about."""
    prompt, program = texts
    known = list(ground.tariffs.values())
    paying = sum(weight for weight, tariff in zip(ground.weights, known, strict=True) if not tariff.tokenless)
    share = paying / sum(ground.weights)
    out = min(OUTPUT_PER_PROGRAM * program / BYTES_PER_TOKEN[1] + OUTPUT_TOKENS, max(each.max_tokens for each in known))
    usual = prompt / BYTES_PER_TOKEN[1]
    each_in = Range(prompt / BYTES_PER_TOKEN[0], usual, usual, max(MOST_PROMPT_TOKENS, prompt))
    each_out = Range(1, out, out, max(each.max_tokens for each in known))
    used = Range(float(share == 1), share, share, float(share > 0))
    tokens = responses * (each_in + each_out) * used
    if any(each.price is None for each in known):
        return Estimate(calls, responses, evaluations, tokens, None, depth)
    bills = [each.price.most for each in known if each.price is not None]
    least = min(bill(int(each_in.least), 1) for bill in bills)
    most = max(bill(int(each_in.most), int(each_out.most)) for bill in bills)
    weighed = sum(w * bill(int(each_in.expected), int(out)) for w, bill in zip(ground.weights, bills, strict=True))
    likely = weighed / sum(ground.weights)
    cost = responses * Range(least, likely, likely, most)
    return Estimate(calls, responses, evaluations, tokens, cost, depth)


def _bought(spec: RunSpec, ground: Assumptions, beginning: Estimate, iteration: Estimate) -> tuple[float, str]:
    """(iterations that the limits buy as expected, the flag of the limit that binds)."""
    limits = [
        ("--max-calls", spec.max_calls, beginning.calls.expected, iteration.calls.expected),
        ("--max-tokens", spec.max_tokens, beginning.tokens.expected, iteration.tokens.expected),
        (
            "--max-time",
            spec.max_time,
            _seconds(spec, ground, beginning).expected,
            _seconds(spec, ground, iteration).expected,
        ),
    ]
    if beginning.cost is not None and iteration.cost is not None and spec.max_cost is not None:
        limits.append(("--max-cost", spec.max_cost * 1e9, beginning.cost.expected, iteration.cost.expected))
    bought = [
        (max(0.0, limit - before) / an_iteration if an_iteration else math.inf, flag)
        for flag, limit, before, an_iteration in limits
        if limit is not None
    ]
    least, flag = min(bought, default=(math.inf, ""))
    return (least, flag) if least < spec.iterations else (float(spec.iterations), "")


def _seconds(spec: RunSpec, ground: Assumptions, work: Estimate) -> Range:
    """Wall time: calls that wait for one another, the server's limit, and evaluations on this machine's cores."""
    waiting = Range()
    if any(not tariff.tokenless for tariff in ground.tariffs.values()):
        least, usual, most = CALL_SECONDS
        waiting = work.depth * Range(least, usual, usual, most)
        limits = [read_spec(member)[1].rpm for member in members(spec.model)]
        if all(limits):
            slow = work.responses * _all(60 / sum(limit or 0 for limit in limits))
            waiting = Range(waiting.least, *map(max, list(waiting)[1:], list(slow)[1:]))
    least, usual, most = (
        (EVALUATION_SECONDS * (share > 0) + share * ground.instances * ground.time_limit) / max(spec.jobs, 1)
        for share in INSTANCE_SHARE
    )
    return waiting + work.evaluations * Range(least, usual, usual, most)


def _all(number: float) -> Range:
    return Range(number, number, number, number)
