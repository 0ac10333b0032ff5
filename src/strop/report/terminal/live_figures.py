"""The figures of a run in progress, on a terminal and on its page: what it does, its best result, budgets, costs, problems."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from strop.analysis.audit import RULES
from strop.analysis.stats import score_estimate
from strop.base.budget import COST, LM_CALLS, META_UTILITY_CALLS, TOKENS
from strop.base.errors import dollars
from strop.base.events import IterationFinished
from strop.base.pluralize import quantity
from strop.base.solution import short
from strop.base.terminal_text import escape
from strop.report.terminal.lineage import candidate_score
from strop.report.terminal.live_state import LiveState
from strop.report.terminal.narration import Narration
from strop.report.terminal.words import counted, duration
from strop.runs.claims.numbers import between, over_tasks
from strop.runs.scopes import iteration_of

_WIDEST = 76
"""Columns that the figures take, at most."""


def live_figures(
    narration: Narration, fit: Callable[[str], str], notice: str, elapsed: float, quiet: float
) -> RenderableType:
    """The figures after `elapsed` seconds, of which the last `quiet` ones brought nothing; `fit`: as in `Display`."""
    state = narration.state
    head = [Text(fit(_title(state, elapsed)), style="bold", no_wrap=True, overflow="ellipsis")]
    if notice:
        head.append(Text(fit(notice), style="bold yellow", no_wrap=True, overflow="ellipsis"))
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold", max_width=_WIDEST - 14)
    for name, text, style in (*_doing(state, quiet), *run_facts(narration, elapsed)):
        facts.add_row(name, Text(fit(text), style=style))
    return Group(*head, facts)


def _title(state: LiveState, elapsed: float) -> str:
    of, limit = state.recipe.get("iterations"), state.recipe.get("max_time")
    parts = ["strop", *(escape(str(state.recipe[name]), 24) for name in ("task", "model") if name in state.recipe)]
    if state.t is not None:
        parts.append(f"iteration {state.t}" + (f" of {of}" if isinstance(of, int) else ""))
    time = duration(elapsed) + (f" of {duration(limit)}" if isinstance(limit, (int, float)) else "")
    return " · ".join([*parts, time, "Ctrl-C stops"])


def _doing(state: LiveState, quiet: float) -> Iterator[tuple[str, str, str]]:
    if state.gate is None or not state.doing.startswith("comparing"):
        yield "doing", escape(state.doing, 60), ""
    else:
        yield "doing", f"{'last' if state.gate.is_last else 'gate'}: {state.gate.words}", ""
    if waiting := state.waiting(quiet):
        yield "", escape(waiting), "yellow"


def run_facts(narration: Narration, elapsed: float | None = None) -> Iterator[tuple[str, str, str]]:
    """(name, text, style) of the best result, budgets, limits, costs and problems; after `elapsed` seconds with the rate."""
    state, run, total = narration.state, narration.state.run, narration.state.run.costs.total
    if state.run.iterations:
        last = state.run.iterations[-1]
        yield f"I_{last.t}", _scores(last), "bold"
    if state.original is not None:
        yield "original", narration.score(state.original), ""
        yield "best so far", narration.best, "bold"
    if state.best is not None:
        yield (
            "best tried",
            f"train {candidate_score(state.best)}  {short(state.best.solution)} (t = {iteration_of(state.best.scope)})",
            "bold",
        )

    if left := _budget_left(state):
        yield "budget left", " · ".join(left), ""
    if limits := _limits(state):
        yield "limits", "\n".join(limits), ""
    asked = f"calls {total.lm_calls} · responses {total.responses} · in flight {state.in_flight}"
    yield "LM", f"{asked} · {dollars(total.cost)}" if total.cost else asked, ""
    rate = "" if elapsed is None else f" · {(run.evaluations - state.evaluations_before) / max(elapsed, 1.0):.0f}/s"
    yield "evaluations", escape(f"{run.evaluations}{rate} · {counted(run.verdicts)}"), ""
    faults, notes = run.faults.total(), run.notes.total()
    most = f", most: {_rule_words(run.notes.most_common(1)[0][0])}" if notes else ""
    yield "problems", f"faults {faults} · audit notes {notes}{escape(most)}", "yellow" if faults else ""


def _budget_left(state: LiveState) -> list[str]:
    names = {META_UTILITY_CALLS: "meta-utility calls", LM_CALLS: "LM calls"}
    found = [(name, state.allowances[counter]) for counter, name in names.items() if counter in state.allowances]
    parts = [f"{name} {max(one.limit - one.used, 0)} of {one.limit}" for name, one in found if one.limit is not None]
    if state.t is None and state.original is not None:  # strop improve
        spent = {
            "evaluations": ("utility_budget", state.tried),
            "LM calls": ("lm_budget", state.run.costs.total.lm_calls),
        }
        for name, (limit, used) in spent.items():
            most = state.recipe.get(limit)
            parts += [f"{name} {max(most - used, 0)} of {most}"] if isinstance(most, int) else []
    return parts


def _limits(state: LiveState) -> list[str]:
    """What is left of each limit of the run; without a limit on tokens, the tokens so far."""
    recipe, before, costs = state.recipe, state.spent_before, state.run.costs
    cost, tokens, calls = (recipe.get(name) for name in ("max_cost", "max_tokens", "max_calls"))
    used = costs.total.input_tokens + costs.total.output_tokens
    parts = []
    if isinstance(cost, (int, float)):
        spent = dollars(before[COST] + costs.reserved[COST] - costs.unseen_cost)
        parts.append(f"{spent} spent and {dollars(costs.unseen_cost)} reserved of {dollars(round(cost * 1e9))}")
    if isinstance(tokens, int):
        spent = f"{before[TOKENS] + costs.reserved[TOKENS] - costs.unseen_tokens:,}"
        parts.append(f"{spent} tokens spent and {costs.unseen_tokens:,} reserved of {tokens:,}")
    elif used:
        parts.append(f"{quantity(used, 'token', ',')} spent")
    if isinstance(calls, int):
        parts.append(f"LM calls left {max(calls - before[LM_CALLS] - costs.total.lm_calls, 0)} of {calls}")
    return parts


def _scores(event: IterationFinished) -> str:
    """û of I_t on both splits; on the sealed one with its interval if there is one."""
    train = f"train {over_tasks(event.train, event.tasks)}"
    if not event.test or event.tasks or len(event.test) < 2:
        return f"test {over_tasks(event.test, event.tasks)} · {train}"
    sample = score_estimate(event.test)
    return f"test {sample.mean:.3f} (95% {between(sample.interval)}) · {train}"


def _rule_words(rule: str) -> str:
    """A rule with its title: `R002 asks for more than its budget`."""
    return f"{rule} {RULES[rule].title}" if rule in RULES else rule
