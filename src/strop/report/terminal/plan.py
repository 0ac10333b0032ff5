"""The plan of a run, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rich.console import Console

from strop.base.errors import dollars
from strop.lm.prices import Tariff
from strop.report.terminal.layout import print_table, say
from strop.runs import cost_estimate as assumed
from strop.runs.cost_estimate import ROLES, Appetite, Plan, Range
from strop.runs.spec import RunSpec

_CLOCK_SECONDS = 60.0
"""From this time on, a plan shows hours, minutes and seconds."""


def assumptions(plan: Plan, spec: RunSpec, tariffs: Mapping[str, Tariff]) -> list[str]:
    """The assumptions behind the figures, a line each."""
    low, likely = assumed.BYTES_PER_TOKEN
    seconds_of_call = ", ".join(f"{seconds:g}" for seconds in assumed.CALL_SECONDS)
    prices = [f"price of {model}: {_price(tariff)}" for model, tariff in tariffs.items()]
    return [
        "least: programs that a model writes make no LM call; only the shipped seed improver is known to make some",
        f"expected: {_asking(plan.appetite)}; each response is scored once{_gate(plan, spec)}",
        "improvers change how much they ask for: a run may take half or twice the expected figures, or less if it has few "
        "and weak candidates; after each iteration its progress shows a new estimate",
        "every call: all improvers that a model writes make every LM call they are granted",
        "most: every budget is spent",
        f"a prompt is that of the seed improver at {low:g} and {likely:g} bytes a token; at most {assumed.MOST_PROMPT_TOKENS:,} "
        "tokens, though a written improver may send more: only --max-tokens and --max-cost are firm limits",
        f"an answer has {assumed.OUTPUT_PER_PROGRAM:g} times the tokens of the program it improves and "
        f"{assumed.OUTPUT_TOKENS} more; at most {max(tariff.max_tokens for tariff in tariffs.values()):,}",
        f"a language model answers within {seconds_of_call} s (least, expected, most); {_at_once(tariffs)}an evaluation "
        f"takes {assumed.EVALUATION_SECONDS:g} s and {assumed.INSTANCE_SHARE[1]:.2%} of the limit an instance, at most all of it",
        "failed and repeated attempts are not counted",
        *prices,
    ]


def print_plan(plan: Plan, spec: RunSpec, tariffs: Mapping[str, Tariff], console: Console) -> None:
    """LM calls by role, then everything at least, as expected and at most."""
    columns, total = ("least", "expected", "every call", "most"), plan.total
    print_table(console, ("LM calls", *columns), [(role, *map(_count, plan.roles[role].calls)) for role in ROLES])
    counts = {"LM calls": total.calls, "responses": total.responses, "evaluations": total.evaluations}
    rows = [(name, *map(_count, counted)) for name, counted in (counts | {"tokens": total.tokens}).items()]
    money = ["no price"] * 4 if total.cost is None else [dollars(round(amount)) for amount in total.cost]
    rows.append(("money", *money))
    if plan.seconds.most < _CLOCK_SECONDS:
        rows.append(("seconds", *(f"{seconds:,.1f}" for seconds in plan.seconds)))
    else:
        rows.append(("time, h:mm:ss", *map(_clock, plan.seconds)))
    print_table(console, ("the run", *columns), rows)
    say(
        console,
        f"T * budget_u^ * |D| * (budget_u + budget_L) = {spec.iterations} * {spec.meta_budget} * {spec.downstream} * "
        f"({spec.utility_budget} + {spec.lm_budget}) = {plan.leading:,}",
    )
    bought = f"{plan.iterations:.3g} of {spec.iterations} iterations, {plan.attempts} improvement attempts"
    say(console, f"{plan.binding} buys {bought}" if plan.binding else f"the budget buys {bought}")
    for line in assumptions(plan, spec, tariffs):
        say(console, f"- {line}")
    say(console, plan.warning, style="bold yellow")


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
        "assumptions": assumptions(plan, spec, tariffs),
    }


def _asking(appetite: Appetite) -> str:
    shares = f"{appetite.every_call:.0%} make every LM call they are granted"
    if appetite.nothing:
        shares += f", {appetite.nothing:.0%} fail before the first call"
    chosen = f"{appetite.chosen.every_call:.0%} of those that a self-improvement returns make every call"
    return f"of the improvers that a model writes {shares}, the others make one; {chosen}"


def _gate(plan: Plan, spec: RunSpec) -> str:
    if spec.selection == "paper":
        return ""
    pairs = f"{plan.gate.pairs:.0f} of {spec.gate_pairs} pairs"
    return f"; a gate pays for {pairs} and accepts {plan.gate.accepted:.0%} of the candidates (the mean of simulated gates)"


def _at_once(tariffs: Mapping[str, Tariff]) -> str:
    free = [model for model, tariff in tariffs.items() if tariff.tokenless]
    return f"{', '.join(free)}: at once; " if free else ""


def _price(tariff: Tariff) -> str:
    if tariff.price is None:
        return "unknown; set it with MODEL?price=IN,OUT"
    into, out = tariff.price.dollars_per_million
    return f"${into:g} in and ${out:g} out per million tokens ({tariff.price.source})"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _count(number: float) -> str:
    return f"{round(number):,}"
