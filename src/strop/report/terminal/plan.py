"""The plan of a command, for people and for programs: `--dry-run`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from strop.base.errors import dollars
from strop.lm.prices import Tariff
from strop.report.terminal.layout import SENTENCE, say
from strop.runs import plan as assumed
from strop.runs.claims.numbers import seconds_in_words
from strop.runs.plan import Assumptions, Plan, Work
from strop.runs.spec import RunSpec


def assumptions_in_words(known: Sequence[tuple[RunSpec, Assumptions]]) -> list[str]:
    """The assumptions behind the figures of one or more kinds of runs, a line each."""
    return list(dict.fromkeys(line for spec, assumptions in known for line in _lines(spec, assumptions)))


def _lines(spec: RunSpec, assumptions: Assumptions) -> list[str]:
    usual, longest = assumed.CALL_SECONDS
    into, out = assumptions.tokens(of_improver=False)
    seconds = seconds_in_words(assumptions.evaluation_seconds[0])
    return [
        f"expected: improvements use {assumed.USED:.0%} of their budgets, and gates of their pairs; strop improve uses all",
        "a run may take half or twice the expected figures, because improvers change how much they ask for, and longer if its "
        "programs search until their time is used",
        f"at most: every budget is spent, with prompts of {assumed.MOST_PROMPT_TOKENS:,} tokens; a written improver may send "
        "longer ones: only --max-tokens and --max-cost are firm limits",
        f"a response: {into:,.0f} tokens in, {out:,.0f} out, as strong models were seen to use; an evaluation: {seconds} of "
        "CPU, by the time limit of the task",
        f"a language model answers within {usual:g} s, at most {longest:g} s; {_at_once(assumptions.tariffs)}failed attempts are "
        "not counted",
        *(f"price of {model}: {_price(tariff)}" for model, tariff in assumptions.tariffs.items()),
    ]


def print_plan(plan: Plan, known: Sequence[tuple[RunSpec, Assumptions]], console: Console) -> None:
    """Everything as expected and at most, in one line each; the assumptions; and whether a limit ends the work early."""
    say(console, f"expected: {_in_one_line(plan.expected)}", style="bold", limit=SENTENCE)
    say(console, f"at most:  {_in_one_line(plan.most)}", limit=SENTENCE)
    for line in assumptions_in_words(known):
        say(console, f"- {line}", limit=SENTENCE)
    say(console, plan.warning, style="bold yellow")


def _in_one_line(work: Work) -> str:
    """`859 LM calls, 5,153 responses, $184, 4:10:00; 5,474 evaluations, 22,000,000 tokens`."""
    cost = "no known price" if work.cost is None else dollars(round(work.cost))
    first = f"{work.calls:,.0f} LM calls, {work.responses:,.0f} responses, {cost}, {_clock(work.seconds)}"
    return f"{first}; {work.evaluations:,.0f} evaluations, {work.tokens:,.0f} tokens"


def plan_document(plan: Plan, known: Sequence[tuple[RunSpec, Assumptions]]) -> dict[str, Any]:
    """What `--dry-run --json` prints; money in dollars, time in seconds."""
    tasks = list(dict.fromkeys(task for spec, _ in known for task in spec.tasks))

    def both(expected: float, most: float) -> dict[str, float]:
        return {"expected": expected, "most": most}

    expected, most = plan.expected, plan.most
    unpriced = expected.cost is None or most.cost is None
    return {
        "task": tasks[0],
        "tasks": tasks,
        "model": known[0][0].model,
        "lm_calls": both(expected.calls, most.calls),
        "responses": both(expected.responses, most.responses),
        "evaluations": both(expected.evaluations, most.evaluations),
        "tokens": both(expected.tokens, most.tokens),
        "cost": None if unpriced else both((expected.cost or 0.0) / 1e9, (most.cost or 0.0) / 1e9),
        "seconds": both(expected.seconds, most.seconds),
        "warning": plan.warning or None,
        "assumptions": assumptions_in_words(known),
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
