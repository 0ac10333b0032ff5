"""The plan of a run, for people and for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from rich.console import Console

from strop.base.errors import dollars
from strop.lm.prices import Tariff
from strop.report.terminal.layout import SENTENCE, say
from strop.runs import cost_estimate as assumed
from strop.runs.claims.numbers import seconds_in_words
from strop.runs.cost_estimate import Assumptions, Plan, Range
from strop.runs.spec import RunSpec


def told(spec: RunSpec, assumptions: Assumptions) -> list[str]:
    """The assumptions behind the figures, a line each."""
    usual, longest = assumed.CALL_SECONDS
    gate = f"a gate pays for {assumed.GATE_PAIRS:.0%} of its pairs and accepts {assumed.GATE_ACCEPTS:.0%} of the candidates"
    return [
        f"expected: {assumed.EVERY_CALL:.0%} of the improvers that a model writes make every LM call they are granted, the "
        f"others one; each response is scored once{f'; {gate}' if spec.iterations and spec.selection != 'paper' else ''}",
        "a run may take half or twice the expected figures, because improvers change how much they ask for",
        f"at most: every budget is spent, with prompts of {assumed.MOST_PROMPT_TOKENS:,} tokens; a written improver may send "
        "longer ones: only --max-tokens and --max-cost are firm limits",
        _sizes(assumptions),
        f"a language model answers within {usual:g} s, at most {longest:g} s; {_at_once(assumptions.tariffs)}failed attempts are "
        "not counted",
        *(f"price of {model}: {_price(tariff)}" for model, tariff in assumptions.tariffs.items()),
    ]


def print_plan(plan: Plan, assumptions: Sequence[str], console: Console) -> None:
    """Everything as expected and at most, in one line each; the assumptions; and whether a limit ends the work early."""
    say(console, f"expected: {_in_one_line(plan, 'expected')}", style="bold", limit=SENTENCE)
    say(console, f"at most:  {_in_one_line(plan, 'most')}", limit=SENTENCE)
    for line in assumptions:
        say(console, f"- {line}", limit=SENTENCE)
    say(console, plan.warning, style="bold yellow")


def _in_one_line(plan: Plan, side: Literal["expected", "most"]) -> str:
    """`859 LM calls, 5,153 responses, $184, 4:10:00; 5,474 evaluations, 22,000,000 tokens`."""

    def of(figures: Range, words: Callable[[float], str]) -> str:
        return words(getattr(figures, side))

    total = plan.total
    cost = "no known price" if total.cost is None else of(total.cost, lambda amount: dollars(round(amount)))
    first = f"{of(total.calls, _count)} LM calls, {of(total.responses, _count)} responses, {cost}, {of(plan.seconds, _clock)}"
    return f"{first}; {of(total.evaluations, _count)} evaluations, {of(total.tokens, _count)} tokens"


def _sizes(assumptions: Assumptions) -> str:
    """What a response and an evaluation are expected to take, and how that is known."""
    (into, out), usage = assumptions.tokens(of_improver=False), assumptions.usage
    source = f"as in {usage.record}" if usage.record else "as strong models were seen to use"
    seconds = seconds_in_words(assumptions.evaluation_seconds.expected)
    known = "as in earlier records of the task" if usage.cpu_seconds is not None else "by the time limit of the task"
    return f"a response: {into:,.0f} tokens in, {out:,.0f} out, {source}; an evaluation: {seconds} of CPU, {known}"


def plan_document(plan: Plan, tasks: Sequence[str], model: str, assumptions: Sequence[str]) -> dict[str, Any]:
    """What `--dry-run --json` prints; money in dollars, time in seconds."""
    total = plan.total
    return {
        "task": tasks[0],
        "tasks": list(tasks),
        "model": model,
        "lm_calls": asdict(total.calls),
        "responses": asdict(total.responses),
        "evaluations": asdict(total.evaluations),
        "tokens": asdict(total.tokens),
        "cost": None if total.cost is None else asdict(Range(*(amount / 1e9 for amount in total.cost))),
        "seconds": asdict(plan.seconds),
        "warning": plan.warning or None,
        "assumptions": list(assumptions),
    }


def _at_once(tariffs: Mapping[str, Tariff]) -> str:
    free = [model for model, tariff in tariffs.items() if tariff.tokenless]
    return f"{', '.join(free)}: at once; " if free else ""


def _price(tariff: Tariff) -> str:
    if tariff.price is None:
        return "unknown; set it with MODEL?price=IN,OUT"
    into, out = tariff.price.dollars_per_million
    return f"${into:g} in and ${out:g} out per million tokens ({tariff.price.source})"


def _clock(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _count(number: float) -> str:
    return f"{round(number):,}"
