"""The plan of a command, for people and for programs: `--dry-run`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console

from strop.base.errors import dollars
from strop.lm.prices import Tariff
from strop.report.terminal.layout import SENTENCE, say
from strop.runs.plan import MOST_PROMPT_TOKENS, Assumptions, Plan, Work
from strop.runs.spec import RunSpec


def print_plan(plan: Plan, known: Sequence[tuple[RunSpec, Assumptions]], console: Console) -> None:
    """Everything as expected and at most, in one line each; the prices; and whether a limit ends the work early."""
    say(console, f"expected: {_in_one_line(plan.expected)}", style="bold", limit=SENTENCE)
    say(console, f"at most:  {_in_one_line(plan.most)}", limit=SENTENCE)
    firm = "only --max-tokens and --max-cost are firm limits"
    say(
        console,
        f"expected may be half or twice as much; at most is for prompts of {MOST_PROMPT_TOKENS:,} tokens: {firm}",
    )
    for model, price in _prices(known).items():
        say(console, f"price of {model}: {price}", limit=SENTENCE)
    say(console, plan.warning, style="bold yellow")


def _in_one_line(work: Work) -> str:
    """`859 LM calls, 5,153 responses, $184, 4:10:00; 5,474 evaluations, 22,000,000 tokens`."""
    cost = "no known price" if work.cost is None else dollars(round(work.cost))
    first = f"{work.calls:,.0f} LM calls, {work.responses:,.0f} responses, {cost}, {_clock(work.seconds)}"
    return f"{first}; {work.evaluations:,.0f} evaluations, {work.tokens:,.0f} tokens"


def plan_document(plan: Plan, known: Sequence[tuple[RunSpec, Assumptions]]) -> dict[str, Any]:
    """What `--dry-run --json` prints; money in dollars, time in seconds."""
    tasks = list(dict.fromkeys(task for spec, _ in known for task in spec.tasks))
    both = {
        name: {"expected": getattr(plan.expected, field), "most": getattr(plan.most, field)}
        for name, field in (
            ("lm_calls", "calls"),
            *((each, each) for each in ("responses", "evaluations", "tokens", "seconds")),
        )
    }
    costs = {"expected": plan.expected.cost, "most": plan.most.cost}
    cost = {name: value / 1e9 for name, value in costs.items() if value is not None}
    return {
        "task": tasks[0],
        "tasks": tasks,
        "model": known[0][0].model,
        **both,
        "cost": cost if len(cost) == len(costs) else None,
        "warning": plan.warning or None,
        "prices": _prices(known),
    }


def _prices(known: Sequence[tuple[RunSpec, Assumptions]]) -> dict[str, str]:
    """Model → its price in words."""
    return {model: _price(tariff) for _, one in known for model, tariff in one.tariffs.items()}


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
