"""The conclusion of a run of Algorithm 1, in one sentence and details, the same on the terminal, the page and in JSON.

That of strop improve is in `claim`, of strop eval --against in strop.runs.compare, of the other commands beside their tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from strop.analysis.stats import mean
from strop.base.events import Compared
from strop.report.terminal.statistics import (
    DifferenceFromSeed,
    MeasuredIteration,
    StatisticsDocument,
    statistics_document,
    verdict_on,
)
from strop.report.terminal.words import interval_in_brackets, quantity
from strop.runs.run_data import RunData

_ENDED = {
    "unfinished": "the run was killed",
    "interrupted": "the run was stopped",
    "budget": "a limit ended the run",
    "failed": "the run failed",
}
_STATUS = {
    "unfinished": "The run has not ended: its process was killed.",
    "running": "The run is in progress.",
    "interrupted": "The run was stopped before its end.",
    "budget": "The run stopped at a limit",
    "failed": "The run failed",
}


class Conclusion(TypedDict):
    """The conclusion of a command."""

    sentence: str
    detail: str
    """One or two sentences more; may be empty."""


@dataclass(frozen=True)
class RunWords:
    """What a conclusion says of a run, besides its figures."""

    task: str
    """Names of the tasks."""
    improver: str = "seed"
    """The first improver, as the recipe names it."""
    selection: str = ""
    iterations: int | None = None
    """T, as in the recipe."""
    status: str = "finished"
    """`finished`, `interrupted`, `failed`, `budget`, `running` or `unfinished`."""
    detail: str = ""

    @property
    def first(self) -> str:
        """The name of I_0."""
        return "the seed improver" if self.improver == "seed" else f"the first improver, {self.improver}"

    @property
    def first_in_clause(self) -> str:
        """The name of I_0 inside a sentence."""
        return self.first if self.improver == "seed" else f"{self.first},"


def run_words(recipe: Mapping[str, object], task: str, status: str, detail: str) -> RunWords:
    """The words of a run, from its recipe and its end."""
    iterations = recipe.get("iterations")
    return RunWords(
        task or str(recipe.get("task", "")),
        str(recipe.get("improver", "seed")),
        str(recipe.get("selection", "")),
        iterations if isinstance(iterations, int) else None,
        status,
        detail,
    )


def conclusion_of(run: RunData) -> Conclusion:
    """The conclusion of a run of Algorithm 1, finished or not."""
    words = run_words(run.recipe, run.meta.get("task", ""), run.status, run.detail)
    return of_run(statistics_document(run), list(run.gates.values()), words)


def of_run(statistics: StatisticsDocument, gates: Sequence[Compared], run: RunWords) -> Conclusion:
    """Whether the run found a better improver, by how much on the sealed split, and how the gate's evidence compares."""
    rows, ended = statistics["iterations"], status_words(run.status, run.detail)
    if not rows:
        return {"sentence": _no_result(run, measured=False), "detail": ended}
    last = rows[-1]
    if not statistics["differences"]:
        interval = interval_in_brackets(last["t_interval"])
        where = f"on sealed instances of {run.task}, {quantity(last['n'], 'copy')}"
        value = f"Its meta-utility û is {last['mean']:.3f}{interval} {where}."
        return {"sentence": _no_improvement(last["t"], run), "detail": f"{value} {ended}".strip()}
    difference = statistics["differences"][-1]
    reached = next((row for row in rows if row["t"] == difference["t"]), last)
    gate = next((event for event in gates if event.t == difference["t"] and event.accepted), None)
    return {
        "sentence": _comparison(difference, (rows[0], reached), run),
        "detail": f"{_why_accepted(difference, reached['n'], gate, run)} {ended}".strip(),
    }


def _no_result(run: RunWords, measured: bool) -> str:
    """Of a run without a finished iteration; `measured`: whether I_0 was measured."""
    if run.status == "running":
        return "No result yet: " + (
            f"only {run.first} was measured." if measured else f"{run.first} is being measured."
        )
    ended = _ENDED.get(run.status, "the run ended")
    before = f"the first iteration ended; only {run.first} was measured" if measured else f"{run.first} was measured"
    return f"No result: {ended} before {before}."


def _no_improvement(t: int, run: RunWords) -> str:
    """Of a run that kept I_0 for t iterations."""
    finished = run.status == "finished"
    if t == 0 and not finished:
        return _no_result(run, measured=True)
    if t == 0 and run.detail:
        return f"No improvement: nothing can be gained over {run.first}."
    if t == 0:
        return f"No improvement was asked for: only {run.first} was measured."
    done = quantity(t, "iteration") if finished or not run.iterations else f"{t} of {run.iterations} iterations"
    return f"No improvement{'' if finished else ' so far'}: {run.first_in_clause} stays after {done}."


def _comparison(
    difference: DifferenceFromSeed, rows: tuple[MeasuredIteration, MeasuredIteration], run: RunWords
) -> str:
    """The last accepted improver against the first, on the sealed split."""
    before, after = (row["mean"] for row in rows)
    interval = difference["interval_new_instances"] or difference["interval"]
    low, high = sorted(map(abs, interval or (0.0, 0.0)))
    by = f"by {abs(difference['mean']):.3f} (95% interval {low:.3f} to {high:.3f}) in û"
    where = f"from {before:.3f} to {after:.3f}, on sealed instances of {run.task}, {quantity(rows[1]['n'], 'copy')}"
    name = f"the improver of iteration {difference['t']}"
    change = (
        f"{name} was accepted; û changed by {difference['mean']:+.3f}{interval_in_brackets(interval, '+')}, {where}"
    )
    match verdict_on(difference):
        case "better":
            return f"Better: {name} beats {run.first_in_clause} {by}, {where}."
        case "worse":
            return f"No improvement: {name} is worse than {run.first_in_clause} {by}, {where}."
        case "one copy":
            return f"No claim: {change}; one copy says nothing about chance."
        case _:
            return f"No significant improvement: {change}."


def _why_accepted(difference: DifferenceFromSeed, copies: int, gate: Compared | None, run: RunWords) -> str:
    """Why the improver was accepted although the sealed split does not show that it is better; else empty."""
    verdict = verdict_on(difference)
    if verdict == "better":
        return ""
    if gate is None:
        paper = "Selection `paper` accepts what each self-improvement returns, better or not."
        return paper if run.selection == "paper" else ""
    low, high = gate.interval
    gained = f"{mean(gate.differences):+.3f}" if gate.differences else "better"
    pairs = f"{quantity(len(gate.differences), 'pair')} of training runs"
    interval = f"{100 * gate.confidence:.4g}% interval {low:+.3f} to {high:+.3f}"
    few = ", and its few copies may not show so small a difference" if verdict != "worse" else ""
    return (
        f"The gate accepted it by {pairs} ({gained}, {interval}). The sealed split is a second, separate check, "
        f"over {quantity(copies, 'copy')}{few}."
    )


def status_words(status: str, detail: str = "") -> str:
    """How a run ended; empty if it completed all its iterations."""
    if status == "finished":
        return f"{detail[:1].upper()}{detail[1:]}." if detail else ""
    words = _STATUS.get(status, f"The run ended with status {status}")
    if words.endswith("."):
        return words
    return f"{words}: {detail}." if detail else f"{words}."
