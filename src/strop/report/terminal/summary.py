"""The result of a run in a few lines: what it was, a line for each iteration, the conclusion, and what it cost."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields

from rich.console import Console

from strop.analysis.audit.runtime import BUDGET_REFUSED
from strop.analysis.stats import mean
from strop.base.errors import dollars
from strop.base.events import Evaluated
from strop.base.pluralize import quantity
from strop.report.terminal.layout import SENTENCE, look_at, near, say
from strop.report.terminal.words import duration, notice_of, ruled, unseen
from strop.runs.options import BudgetOptions
from strop.runs.results.parts import Noted
from strop.runs.results.trained import Iteration, Trained
from strop.runs.scopes import is_meta_candidate, iteration_of
from strop.runs.train import FILE

MEANING = "An improver is a program that improves programs; û is the mean score, 0 to 1, of what it makes of them."
USUAL = ("best_of_n", "error_feedback")
"""What one would use without training: plain sampling, and the default of `strop improve`."""
_LABEL = 10


def print_summary(trained: Trained, console: Console) -> None:
    """The summary; `strop show --full` has the rest."""
    say(console, trained.unverified, style="bold yellow")
    names = trained.record.meta.get("task", "") or ", ".join(trained.tasks)
    say(console, f"STOP on {names}. {MEANING}")
    say(console, notice_of(trained.model, trained.is_language_model), style="yellow")
    for label, words in _rows(trained):
        say(console, f"{label:<{_LABEL}}{words}")
    say(console, trained.sentence, style="bold", limit=SENTENCE)
    say(console, trained.explanation, limit=SENTENCE)
    print_noticed(trained.audit, console)
    if trained.answers is not None:
        say(console, trained.answers.sentence)
    say(console, _spent(trained))
    if trained.costs.unseen_cost:
        say(console, unseen(trained.costs))
    for line in _next(trained):
        say(console, line, limit=SENTENCE)


def print_noticed(rows: Sequence[Noted], console: Console) -> None:
    """What the audit noted, in one line, but for requests beyond a budget, which good improvers make too."""
    if noticed := [row for row in rows if row.rule != BUDGET_REFUSED]:
        rules = ", ".join(f"{row.rule} {ruled(row.title, row.unsandboxing)} ({row.times})" for row in noticed)
        say(console, f"audit notes, which no score depends on: {rules}")


def _rows(trained: Trained) -> Iterator[tuple[str, str]]:
    tried = [event for event in trained.record.candidates if is_meta_candidate(event)]
    for iteration in trained.iterations:
        if iteration.t == 0:
            value = "" if iteration.train is None else f", û {iteration.train.mean:.2f} in training"
            yield "t = 0", f"the improver that the run starts from{value}"
            continue
        own = [event for event in tried if iteration_of(event.scope) == iteration.t]
        yield f"t = {iteration.t}", f"{_tried(own)}; {_decision(iteration)}"


def _tried(candidates: list[Evaluated]) -> str:
    """`4 candidates, û of the best 0.86`; failures by their verdict."""
    working = [candidate.value for candidate in candidates if candidate.verdict == "ok"]
    failed = Counter(candidate.verdict for candidate in candidates if candidate.verdict != "ok")
    parts = [quantity(len({candidate.solution for candidate in candidates}), "candidate")]
    parts += [f"û of the best {max(working):.2f}"] if working else []
    return ", ".join([*parts, *(f"{count} {verdict}" for verdict, count in failed.items())])


def _decision(iteration: Iteration) -> str:
    if iteration.gate is None:
        return "accepted" if iteration.accepted else f"kept the improver: {iteration.reason}"
    gate = iteration.gate
    pairs = f"{mean(gate.differences):+.2f} in {quantity(len(gate.differences), 'fresh pair')}"
    return f"accepted: {pairs}" if iteration.accepted else f"kept the improver: {pairs} does not show a gain"


def _spent(trained: Trained) -> str:
    run, total = trained.record, trained.costs.total
    money = "" if total.money is None else f", {dollars(total.money)}"
    work = f"{quantity(total.lm_calls, 'LM call')}, {quantity(run.evaluations, 'evaluation')}"
    return f"{work}, {duration(run.seconds)}{money}"


def _next(trained: Trained) -> Iterator[str]:
    """What to do with the result."""
    if trained.file is not None and trained.card is not None and trained.card.iteration:
        file = near(trained.directory / FILE)
        yield f"best improver: {file}; strop improve PROGRAM --improver {shlex.quote(str(file))}"
        yield _beside(trained)
    yield f"more: {look_at(trained.directory)}"


def _beside(trained: Trained) -> str:
    """How to see what one would use anyway beside the result, and what that takes."""
    recipe, run = trained.record.recipe, near(trained.directory)
    improvers = (f"{run}:0", f"{run}:{trained.card.iteration if trained.card else 0}", *USUAL)
    words = ["strop", "eval", *improvers, *(word for task in trained.tasks for word in ("--task", task))]
    for name, default in ((field.name, field.default) for field in fields(BudgetOptions)):
        if name in recipe and recipe[name] != default:
            words += [f"--{name.replace('_', '-')}", str(recipe[name])]
    most = len(trained.tasks) * len(improvers) * int(recipe["lm_budget"]) * int(recipe["max_responses"])
    return f"beside {' and '.join(USUAL)}, in up to {quantity(most, 'answer')} a copy: {shlex.join(words)}"
