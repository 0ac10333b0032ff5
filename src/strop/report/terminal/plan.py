"""The plan of a run, for people and for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from rich.console import Console

from strop.base.errors import dollars
from strop.lm.prices import Tariff
from strop.report.terminal.layout import SENTENCE, say
from strop.runs import cost_estimate as assumed
from strop.runs.cost_estimate import ROLES, Plan, Range
from strop.runs.spec import RunSpec


def assumptions(spec: RunSpec, tariffs: Mapping[str, Tariff]) -> list[str]:
    """The assumptions behind the figures, a line each."""
    usual, longest = assumed.CALL_SECONDS
    gate = f"a gate pays for {assumed.GATE_PAIRS:.0%} of its pairs and accepts {assumed.GATE_ACCEPTS:.0%} of the candidates"
    return [
        f"expected: {assumed.EVERY_CALL:.0%} of the improvers that a model writes make every LM call they are granted, the "
        f"others one; each response is scored once{'' if spec.selection == 'paper' else f'; {gate}'}",
        "a run may take half or twice the expected figures, because improvers change how much they ask for",
        f"at most: every budget is spent, with prompts of {assumed.MOST_PROMPT_TOKENS:,} tokens; a written improver may send "
        "longer ones: only --max-tokens and --max-cost are firm limits",
        f"a language model answers within {usual:g} s, at most {longest:g} s; {_at_once(tariffs)}failed attempts are not counted",
        *(f"price of {model}: {_price(tariff)}" for model, tariff in tariffs.items()),
    ]


def print_plan(plan: Plan, spec: RunSpec, tariffs: Mapping[str, Tariff], console: Console) -> None:
    """Everything as expected and at most, in one line; what the limits buy; and the assumptions."""
    total = plan.total
    counts = {
        "LM calls": total.calls,
        "responses": total.responses,
        "evaluations": total.evaluations,
        "tokens": total.tokens,
    }
    parts = [f"{_both(figures, _count)} {name}" for name, figures in counts.items()]
    parts.append("no price" if total.cost is None else _both(total.cost, lambda amount: dollars(round(amount))))
    say(
        console, f"expected (at most): {', '.join([*parts, _both(plan.seconds, _clock)])}", style="bold", limit=SENTENCE
    )
    roles = ", ".join(f"{role} {_both(plan.roles[role].calls, _count)}" for role in ROLES)
    say(console, f"LM calls by role, without limits: {roles}", limit=SENTENCE)
    say(
        console,
        f"T * budget_u^ * |D| * (budget_u + budget_L) = {spec.iterations} * {spec.meta_budget} * {spec.downstream} * "
        f"({spec.utility_budget} + {spec.lm_budget}) = {plan.leading:,}",
    )
    bought = f"{plan.iterations:.3g} of {spec.iterations} iterations, {plan.attempts} improvement attempts"
    say(console, f"{plan.binding} buys {bought}" if plan.binding else f"the budget buys {bought}")
    for line in assumptions(spec, tariffs):
        say(console, f"- {line}", limit=SENTENCE)
    say(console, plan.warning, style="bold yellow")


def _both(figures: Range, words: Callable[[float], str]) -> str:
    return f"{words(figures.expected)} ({words(figures.most)})"


def plan_document(plan: Plan, spec: RunSpec, tariffs: Mapping[str, Tariff]) -> dict[str, Any]:
    """What `strop run --dry-run --json` prints; money in dollars, time in seconds."""
    total = plan.total
    return {
        "task": spec.task,
        "tasks": list(spec.tasks),
        "model": spec.model,
        "lm_calls": asdict(total.calls),
        "responses": asdict(total.responses),
        "evaluations": asdict(total.evaluations),
        "tokens": asdict(total.tokens),
        "cost": None if total.cost is None else asdict(Range(*(amount / 1e9 for amount in total.cost))),
        "seconds": asdict(plan.seconds),
        "roles": {
            role: {"lm_calls": asdict(work.calls), "responses": asdict(work.responses)}
            for role, work in plan.roles.items()
        },
        "leading": plan.leading,
        "iterations_bought": plan.iterations,
        "improvement_attempts": plan.attempts,
        "binding": plan.binding or None,
        "warning": plan.warning or None,
        "assumptions": assumptions(spec, tariffs),
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
