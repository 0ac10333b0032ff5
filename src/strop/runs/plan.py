"""The plan of a command that asks a model (`--dry-run`): what it is expected to take, and what it takes at most.

The paper's cost of one self-improvement is "essentially O((budget_u + budget_L) * budget_û)" (§4, "Intuition"): in each of up to
budget_û evaluations, an improver works on every downstream task, where it may call u budget_u times and L budget_L times. With
|D| tasks and T iterations that is T * budget_û * |D| * (budget_u + budget_L). Added are what the formula omits: the
self-improvement's own calls, the gate, the measurement of every I_t, and the final comparison.

At most, every budget is spent. Expected is the same formula with a share of improvements and of pairs, `USED`, and of one
improvement by a shipped improver what it is known to ask for. Lengths of texts and prices are arguments.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, fields, replace
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from strop.analysis.stats import mean
from strop.base.budget import Grant
from strop.base.errors import dollars
from strop.base.later import dataclass
from strop.core.selection.comparison import TOGETHER
from strop.lm.options import META, read_spec
from strop.lm.prices import Tariff, check_cost_limit, tariffs
from strop.lm.registry import check
from strop.runs.assembly import settings_of
from strop.runs.spec import RunSpec, improver_text, shipped_improvers
from strop.runs.texts import meta_description
from strop.tasks.command.task import AnyTask

USED = 0.5
"""Expected share of the LM calls and evaluations of an improvement, and of the pairs of a comparison."""
NEW = 0.8
"""Expected share of responses with a new program. In the recorded runs of models it is 188 of 202, with the stand-in about
0.7."""
RESPONSE_TOKENS = (2_700.0, 1_700.0)
"""Tokens of a response, in and out, as strong models of 2026 were seen to use them. A longer prompt counts in full."""
BYTES_PER_TOKEN = 4.0
MOST_PROMPT_TOKENS = 32_768
"""Longest prompt. Improvers may write longer ones; only limits on tokens or money are certain."""
CALL_SECONDS = (10.0, 60.0)
"""Response times: expected and most. A stand-in responds immediately."""
EVALUATION_SECONDS, INSTANCE_SHARE = 0.03, 0.0005
"""CPU seconds of one evaluation beside its instances, to start a guest and to record events; and the share of the time limit that
a solution is expected to take on one instance. At most it takes all of it."""

Asks: TypeAlias = Literal["one response", "one call", "at once", "full calls", "shares", "shares and looks"]
ASKS: Mapping[str, Asks] = MappingProxyType(
    {
        "best_of_n": "at once",
        "chain_of_thought": "one response",
        "refine": "shares",
        "seed": "one call",
        "ucb": "shares and looks",
    }
)
"""How shipped improvers ask the model. Those that are not here make full calls."""


@dataclass(frozen=True)
class Work:
    """An amount of work: LM calls, evaluations, money and time."""

    lm_calls: float = 0.0
    responses: float = 0.0
    evaluations: float = 0.0
    """Evaluations of solutions, on all instances of a split."""
    tokens: float = 0.0
    """In and out."""
    cost: float | None = 0.0
    """Dollars; None if a price is unknown."""
    seconds: float = 0.0
    """Wall time: LM calls that wait for one another, and evaluations on the slots of the spec."""

    def __add__(self, other: Work) -> Work:
        both: Iterable[Any] = zip(astuple(self), astuple(other), strict=True)
        return Work(*(None if None in pair else sum(pair) for pair in both))  # type: ignore[arg-type]

    def times(self, share: float) -> Work:
        """A multiple of this work."""
        return Work(*(value and value * share for value in astuple(self)))


Works = tuple[Work, Work]
"""Work as expected, and at most."""


@dataclass(frozen=True)
class Range:
    """A figure of a plan: what is expected, and the most that it can be."""

    expected: float
    """What the command is expected to take."""
    most: float
    """The most that the command can take."""


@dataclass(frozen=True)
class Plan:
    """What a command would take within its limits. Nothing was done."""

    task: str
    """Name of the first task. Empty if nothing is scored."""
    tasks: tuple[str, ...]
    """Names of all tasks."""
    model: str
    """Specification of the language model. Empty if none is asked."""
    lm_calls: Range
    """LM calls."""
    responses: Range
    """Responses of the language model."""
    evaluations: Range
    """Evaluations of programs, each on all instances of a split."""
    tokens: Range
    """Tokens, in and out."""
    cost: Range | None
    """Dollars for the language model. Null if a price is not known."""
    seconds: Range
    """Wall time in seconds."""
    warning: str | None
    """Which limit is expected to end the work early, in one line. Null if none is."""
    prices: Mapping[str, str]
    """What each model charges, in words: model → price."""
    pairs: tuple[int, int | None] | None = None
    """How many held-out inputs the final comparison measures: after how many it ends at the earliest, and at most. The second is
    null if training or `--least` may ask for more. Null if nothing is compared."""
    program_seconds: float = 0.0
    """Wall seconds at most in which the recorded commands run with the patch and without, in turns; one run of each may
    take longer. 0 if no calls were recorded."""


@dataclass(frozen=True)
class Assumptions:
    """The facts beside the spec that a plan depends on."""

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

    def tokens(self, *, of_improver: bool) -> tuple[float, float]:
        """Expected tokens of one response, (input, output)."""
        prompt = self.improver_prompt if of_improver else self.solution_prompt
        return max(RESPONSE_TOKENS[0], prompt / BYTES_PER_TOKEN), RESPONSE_TOKENS[1]

    @property
    def evaluation_seconds(self) -> tuple[float, float]:
        """CPU time of one evaluation: expected and most."""
        most = self.instances * self.time_limit
        return EVALUATION_SECONDS + INSTANCE_SHARE * most, EVALUATION_SECONDS + most


def assumptions_of(spec: RunSpec, improver: str, tasks: Sequence[AnyTask], environ: Mapping[str, str]) -> Assumptions:
    """The assumptions for a plan of `spec`, which is checked. `improver` is the text that is improved.

    Raises:
        ConfigurationError: the model does not exist, or money is limited and no price is known.
    """
    if spec.model:
        check(spec.model)
    prices = {} if not spec.model else tariffs(spec.model, replace(settings_of(spec), url=spec.base_url), environ)
    if spec.max_cost is not None:
        check_cost_limit(prices)
    template = len(improver_text("seed").encode())
    one = tasks[0] if len(tasks) == 1 else None
    return Assumptions(
        solution_prompt=template
        + round(mean([len(task.seed.encode()) + len(task.u_str.encode()) for task in tasks] or [0])),
        improver_prompt=template + len(improver.encode()) + len(meta_description(spec).encode()),
        instances=one.count("train") if one else 1,
        time_limit=one.time_limit if one else mean([task.count("train") * task.time_limit for task in tasks] or [0]),
        tariffs=prices,
    )


def works(spec: RunSpec, assumptions: Assumptions, count: Callable[[Formula], Work]) -> Works:
    """The work that `count` computes by the formula, as expected and at most. Expected is that the share `USED` of every budget
    is spent; at most, all that is granted is."""
    return count(Formula(spec, assumptions, 0, USED)), count(Formula(spec, assumptions, 1, float(spec.slack)))


@dataclass(frozen=True)
class Formula:
    """Computes work by the formula, if `share` of the budgets of improvements and comparisons is spent, and every meta-utility
    call."""

    spec: RunSpec
    assumptions: Assumptions
    side: int
    """0 for what is expected of each response and evaluation, 1 for what it takes at most."""
    share: float

    def run(self) -> Work:
        """A run of Algorithm 1."""
        spec, share, iterations = self.spec, self.share, self.spec.iterations
        calls, candidates = iterations * spec.lm_budget * share, iterations * spec.meta_budget * max(share, 1.0)
        work = self.asked(calls, calls * spec.max_responses, calls, of_improver=True) + self._scored(len(spec.tasks))
        work += self.improved(candidates * spec.downstream, candidates) + self.measured(iterations + 1)
        if spec.selection != "paper" and iterations:  # a gate in every iteration, and the final comparison
            pairs = (iterations + 1) * spec.gate_pairs * share
            work += self.improved(2 * pairs, 2 * pairs / TOGETHER)
        return work

    def measured(self, improvers: int, agents: int = 0) -> Work:
        """The measurement of improvers: |D| improvements by each, and the scores of their solutions on both splits. `agents` is
        the number of further improvers that ask no model."""
        scored = agents * self.spec.downstream * (self.spec.utility_budget * self.share + 2)
        return self.improved(improvers * self.spec.downstream, improvers, scorings=2) + self._scored(scored)

    def improved(self, improvements: float, rounds: float, scorings: int = 1) -> Work:
        """Improvements of programs in sequential `rounds`, with `scorings` of each result."""
        calls, evaluations = self.spec.lm_budget * self.share, self.spec.utility_budget * self.share
        asked = self.asked(improvements * calls, improvements * calls * self.spec.max_responses, rounds * calls)
        return asked + self._scored(improvements * (evaluations + scorings))

    def once(self) -> Work:
        """One improvement by the improver of the spec, and the scores of its result and of the original."""
        asks = asks_of(self.spec.improver)
        if self.side or asks is None:
            return self.improved(1, 1, scorings=4)
        grant = Grant(self.spec.utility_budget, self.spec.lm_budget, self.spec.max_responses)
        calls, responses, evaluations = asked_for(asks, grant)
        asked = self.asked(calls, responses, 1 if asks == "at once" else calls)
        # The original and the result, in training and on the held-out split.
        return asked + self._scored(evaluations + 4)

    def compared(self) -> Work:
        """The comparison of a candidate that exists: both programs, in training and on all other inputs."""
        return self._scored(4)

    def _scored(self, evaluations: float) -> Work:
        seconds = evaluations * self.assumptions.evaluation_seconds[self.side] / max(self.spec.slots, 1)
        return Work(evaluations=evaluations, seconds=seconds)

    def improvers(self, responses: int, at_once: int) -> Work:
        """Responses with improvers, which are not scored, from LM calls of which `at_once` run at once."""
        calls = math.ceil(responses / self.spec.max_responses)
        return self.asked(calls, responses, math.ceil(calls / at_once), of_improver=True)

    def asked(self, calls: float, responses: float, depth: float, *, of_improver: bool = False) -> Work:
        """LM calls with the tokens and the money of their responses. `depth` of them wait for one another. `of_improver` says
        that they ask for improvers."""
        specs, level = list(self.assumptions.tariffs), META if of_improver else ""
        specs = [spec for spec in specs if read_spec(spec)[1].level == level] or specs
        members = [(self.assumptions.tariffs[spec], read_spec(spec)[1].weight) for spec in specs]
        into, out = self.assumptions.tokens(of_improver=of_improver)
        longest = max(tariff.max_tokens for tariff, _ in members)
        into, out = (max(MOST_PROMPT_TOKENS, into), longest) if self.side else (into, min(out, longest))
        paid = self._of_members([(float(not tariff.tokenless), weight) for tariff, weight in members])
        prices = [(tariff.price.cost(int(into), int(out)) / 1e9, weight) for tariff, weight in members if tariff.price]
        return Work(
            calls,
            responses,
            tokens=responses * (into + out) * paid,
            cost=responses * self._of_members(prices) if len(prices) == len(members) else None,
            seconds=depth
            * CALL_SECONDS[self.side]
            * any(not one.tokenless for one in self.assumptions.tariffs.values()),
        )

    def _of_members(self, figures: Sequence[tuple[float, float]]) -> float:
        """The weighted mean of the (figure, weight) of each member of a mixture, or, for work at most, the largest figure."""
        if self.side:
            return max(figure for figure, _ in figures)
        return sum(figure * weight for figure, weight in figures) / sum(weight for _, weight in figures)


def asks_of(improver: str) -> Asks | None:
    """How a shipped improver asks; None for any other."""
    return ASKS.get(improver, "full calls") if improver in shipped_improvers() else None


def asked_for(asks: Asks, grant: Grant, new: float = NEW) -> tuple[float, float, float]:
    """LM calls, responses and evaluations of one improvement, if a share `new` of the responses has a new program."""
    calls, at_once, left = grant.lm_calls, grant.max_responses_per_call, grant.utility_calls - 1.0
    if asks in ("one response", "one call"):  # the initial solution is not scored
        responses = 1 if asks == "one response" else min(at_once, grant.utility_calls)
        return 1, responses, responses * (asks == "one call")
    made, responses, share = 0, 0, -(-left // max(calls, 1))
    while made < calls and left > 0.5:
        with_look = left // (calls - made) - 1  # one evaluation a call is a second look at a known program
        part = {"shares": share, "shares and looks": max(1, with_look)}.get(asks, left)
        asked = min(at_once, math.ceil(min(part, left)))
        made, responses = made + 1, responses + asked
        left -= asked if asks == "at once" else asked * new + (asks == "shares and looks")
    scored = grant.utility_calls if asks.startswith("shares") else 1 + responses * new
    return made, responses, min(scored, grant.utility_calls)


def planned(assumptions: Sequence[tuple[RunSpec, Assumptions]], works: Iterable[Works]) -> Plan:
    """The plan of these works, one after the other, within the limits of the first spec. `assumptions` are those of the works.

    Expected figures end where the first limit is reached. Figures at most are capped one by one, because calls may be cheap and
    many. Fewer calls also need fewer tokens and less money.
    """
    spec, pairs = assumptions[0][0], [*works]
    expected, most = (sum((pair[side] for pair in pairs), Work()) for side in (0, 1))
    limits = {
        "--max-calls": (spec.max_calls, expected.lm_calls),
        "--max-tokens": (spec.max_tokens, expected.tokens),
        "--max-time": (spec.max_time, expected.seconds),
        "--max-cost": (spec.max_cost, expected.cost or 0.0),
    }
    shares = {flag: limit / figure for flag, (limit, figure) in limits.items() if limit is not None and figure}
    share, flag = min([(1.0, ""), *((share, flag) for flag, share in shares.items())])
    most = most.times(_within(most.lm_calls, spec.max_calls) / most.lm_calls) if most.lm_calls else most
    most = replace(
        most,
        tokens=_within(most.tokens, spec.max_tokens),
        cost=None if most.cost is None else _within(most.cost, spec.max_cost),
        seconds=_within(most.seconds, spec.max_time),
    )
    warning = None
    if flag:
        cost = f", about {dollars(round(expected.cost * 1e9))}" if expected.cost else ""
        stop = f"{flag} {limits[flag][0]:g} will stop it at about {expected.lm_calls * share:,.0f}"
        warning = f"without a limit: {expected.lm_calls:,.0f} LM calls{cost}; {stop}"
    tasks = tuple(dict.fromkeys(task for spec, _ in assumptions for task in spec.tasks))
    prices = {model: tariff.in_words for _, one in assumptions for model, tariff in one.tariffs.items()}
    figures = _both(expected.times(share), most)
    return Plan(tasks[0] if tasks else "", tasks, spec.model, **figures, warning=warning, prices=prices)


def _both(expected: Work, most: Work) -> dict[str, Any]:
    """Each figure of two works; None where it is not known."""
    pairs = {figure.name: (getattr(expected, figure.name), getattr(most, figure.name)) for figure in fields(Work)}
    return {name: None if None in pair else Range(*pair) for name, pair in pairs.items()}


def _within(figure: float, limit: float | None) -> float:
    return figure if limit is None else min(figure, limit)
