"""Prints the plan of a command, for `--dry-run`."""

from __future__ import annotations

from typing import Literal

from rich.console import Console

from strop.base.errors import dollars
from strop.base.printing import print_result
from strop.report.terminal.layout import SENTENCE, say
from strop.report.terminal.phrases import duration
from strop.runs.plan import MOST_PROMPT_TOKENS, Plan


@print_result.register(Plan)
def print_plan(plan: Plan, console: Console) -> None:
    """Print the expected and the largest effort, one line each; the prices; and whether a limit ends the work early."""
    say(console, f"expected: {_in_one_line(plan, 'expected')}", style="bold", limit=SENTENCE)
    say(console, f"at most:  {_in_one_line(plan, 'most')}", limit=SENTENCE)
    if plan.pairs is not None:
        first, most = plan.pairs
        inputs = f"{first} to {most}" if most not in (None, first) else f"{first}{' or more' if most is None else ''}"
        say(console, f"final comparison: {inputs} held-out inputs; it ends as soon as it shows enough", limit=SENTENCE)
    if plan.program_seconds:
        limit = f"in {duration(plan.program_seconds)} at most, or once each if that takes longer"
        say(console, f"whole program: the recorded command runs with the patch and without, {limit}")
    if not plan.model:
        return
    firm = "only --max-tokens and --max-cost are firm limits"
    say(
        console,
        f"expected may be half or twice as much; at most is for prompts of {MOST_PROMPT_TOKENS:,} tokens: {firm}",
    )
    for model, price in plan.prices.items():
        say(console, f"price of {model}: {price}", limit=SENTENCE)
    say(console, plan.warning or "", style="bold yellow")


def _in_one_line(plan: Plan, side: Literal["expected", "most"]) -> str:
    """`859 LM calls, 5,153 responses, $184, 4:10:00; 5,474 evaluations, 22,000,000 tokens`."""
    calls, responses, evaluations, tokens, seconds = (
        getattr(forecast, side)
        for forecast in (plan.lm_calls, plan.responses, plan.evaluations, plan.tokens, plan.seconds)
    )
    if not plan.model:
        return f"{evaluations:,.0f} evaluations, {duration(seconds)}"
    cost = dollars(round(getattr(plan.cost, side) * 1e9)) if plan.cost else "no known price"
    first = f"{calls:,.0f} LM calls, {responses:,.0f} responses, {cost}, {duration(seconds)}"
    return f"{first}; {evaluations:,.0f} evaluations, {tokens:,.0f} tokens"
