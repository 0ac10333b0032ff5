"""A plan of a run, for people and for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from strop.base.errors import dollars
from strop.lm.prices import Tariff
from strop.report.terminal.documents import SCHEMA_VERSION
from strop.report.terminal.tables import new_table, say
from strop.runs import cost_estimate as assumed
from strop.runs.cost_estimate import ROLES, Appetite, Plan, Range
from strop.runs.spec import RunSpec

_CLOCK_SECONDS = 60.0
"""From so much time at most on, a plan says hours, minutes and seconds."""


def assumptions(found: Plan, spec: RunSpec, known: Mapping[str, Tariff]) -> list[str]:
    """What the figures rest on, a line each."""
    low, likely = assumed.BYTES_PER_TOKEN
    each = ", ".join(f"{seconds:g}" for seconds in assumed.CALL_SECONDS)
    prices = [f"price of {spec}: {_price(tariff)}" for spec, tariff in known.items()]
    return [
        "least: every program that a model writes asks for nothing; only the shipped seed improver is known to ask",
        f"expected: {_asking(found.appetite)}; each response is scored once{_gate(found, spec)}",
        "improvers change what they ask for while they improve: a run may take half or twice the expected figures, one of few "
        "and weak candidates even less; its progress says after each iteration what is expected in all",
        "every call: all of the improvers that a model writes make every LM call they may",
        "most: every budget is spent",
        f"a prompt is that of the seed improver at {low:g} and {likely:g} bytes a token; at most {assumed.MOST_PROMPT_TOKENS:,} "
        "tokens, though a written improver may send more: only --max-tokens and --max-cost are sure",
        f"an answer has {assumed.OUTPUT_PER_PROGRAM:g} times the tokens of the program it improves and "
        f"{assumed.OUTPUT_TOKENS} more; at most {max(tariff.max_tokens for tariff in known.values()):,}",
        f"a language model answers within {each} s (least, expected, most); {_at_once(known)}an evaluation "
        f"takes {assumed.EVALUATION_SECONDS:g} s and {assumed.INSTANCE_SHARE[1]:.2%} of the limit an instance, at most all of it",
        "failed and repeated attempts are not counted",
        *prices,
    ]


def print_plan(found: Plan, spec: RunSpec, known: Mapping[str, Tariff], console: Console) -> None:
    """LM calls by role, then everything at least, as expected and at most."""
    calls = _table("LM calls", console)
    for role in ROLES:
        _row(calls, role, found.roles[role].calls, _count)
    console.print(calls)
    table = _table("the run", console)
    _row(table, "LM calls", found.total.calls, _count)
    _row(table, "responses", found.total.responses, _count)
    _row(table, "evaluations", found.total.evaluations, _count)
    _row(table, "tokens", found.total.tokens, _count)
    if found.total.cost is None:
        table.add_row("money", *["no price"] * 4)
    else:
        _row(table, "money", found.total.cost, lambda amount: dollars(round(amount)))
    if found.seconds.most < _CLOCK_SECONDS:
        _row(table, "seconds", found.seconds, lambda seconds: f"{seconds:,.1f}")
    else:
        _row(table, "time, h:mm:ss", found.seconds, _clock)
    console.print(table)
    say(
        console,
        f"T * budget_u^ * |D| * (budget_u + budget_L) = {spec.iterations} * {spec.meta_budget} * {spec.downstream} * "
        f"({spec.utility_budget} + {spec.lm_budget}) = {found.leading:,}",
    )
    bought = f"{found.iterations:.3g} of {spec.iterations} iterations, {found.attempts} improvement attempts"
    say(console, f"{found.binding} buys {bought}" if found.binding else f"the budget buys {bought}")
    for line in assumptions(found, spec, known):
        say(console, f"- {line}")
    say(console, found.warning, style="bold yellow")


def plan_document(found: Plan, spec: RunSpec, known: Mapping[str, Tariff]) -> dict[str, Any]:
    """What `strop run --dry-run --json` prints; money in dollars, time in seconds."""
    total = found.total
    cost = None if total.cost is None else Range(*(each / 1e9 for each in total.cost))
    return {
        "schema_version": SCHEMA_VERSION,
        "task": spec.task,
        "tasks": list(spec.tasks),
        "model": spec.model,
        "lm_calls": _span(total.calls),
        "responses": _span(total.responses),
        "evaluations": _span(total.evaluations),
        "tokens": _span(total.tokens),
        "cost": None if cost is None else _span(cost),
        "seconds": _span(found.seconds),
        "roles": {
            role: {"lm_calls": _span(work.calls), "responses": _span(work.responses)}
            for role, work in found.roles.items()
        },
        "leading": found.leading,
        "iterations_bought": found.iterations,
        "improvement_attempts": found.attempts,
        "binding": found.binding or None,
        "warning": found.warning or None,
        "assumptions": assumptions(found, spec, known),
    }


def _asking(appetite: Appetite) -> str:
    shares = f"{appetite.every_call:.0%} make every LM call they may"
    if appetite.nothing:
        shares += f", {appetite.nothing:.0%} fail before they ask"
    chosen = f"{appetite.chosen.every_call:.0%} of those that a self-improvement returns make every call"
    return f"of the improvers that a model writes {shares}, the others make one; {chosen}"


def _gate(found: Plan, spec: RunSpec) -> str:
    if spec.selection == "paper":
        return ""
    pairs = f"{found.gate.pairs:.0f} of {spec.gate_pairs} pairs"
    return f"; a gate pays for {pairs} and accepts {found.gate.accepted:.0%} of the candidates (the mean of simulated gates)"


def _at_once(known: Mapping[str, Tariff]) -> str:
    free = [spec for spec, tariff in known.items() if tariff.tokenless]
    return f"{', '.join(free)}: at once; " if free else ""


def _price(tariff: Tariff) -> str:
    if tariff.price is None:
        return "not known; give it as MODEL?price=IN,OUT"
    into, out = tariff.price.dollars_per_million
    return f"${into:g} in and ${out:g} out per million tokens ({tariff.price.source})"


def _table(title: str, console: Console) -> Table:
    table = new_table(title, "least", "expected", "every call", "most", console=console)
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def _row(table: Table, name: str, span: Range, say_it: Callable[[float], str]) -> None:
    table.add_row(name, *(say_it(each) for each in span))


def _span(span: Range) -> dict[str, float]:
    return asdict(span)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _count(number: float) -> str:
    return f"{round(number):,}"
