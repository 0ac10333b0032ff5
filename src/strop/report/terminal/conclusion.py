"""What a run of Algorithm 1 came to, in one plain sentence: the terminal, the page and the JSON document show this one.

That of strop improve is in `single`, of strop eval --against in strop.runs.compare, of the other commands beside their tables.
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
from strop.report.terminal.words import no_width, quantity
from strop.runs.run_data import RunData


class Conclusion(TypedDict):
    """What a command came to."""

    sentence: str
    detail: str
    """One or two sentences more; may be empty."""


@dataclass(frozen=True)
class RunWords:
    """What must be known of a run, besides its figures, to speak of it."""

    task: str
    """Names of the tasks."""
    improver: str = "seed"
    """What it began with, as the recipe names it."""
    selection: str = ""
    iterations: int | None = None
    """T, as the recipe says it."""
    status: str = "finished"
    """`finished`, `interrupted`, `failed`, `budget`, `running` or `unfinished`."""
    detail: str = ""

    @property
    def first(self) -> str:
        """What I_0 is called."""
        return "the seed improver" if self.improver == "seed" else f"the first improver, {self.improver},"


def run_words(recipe: Mapping[str, object], task: str, status: str, detail: str) -> RunWords:
    """The same from a run's recipe and from how it ended."""
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
    """What a run of Algorithm 1 came to, or has come to so far."""
    words = run_words(run.recipe, run.meta.get("task", ""), run.status, run.detail)
    return of_run(statistics_document(run), list(run.gates.values()), words)


def of_run(found: StatisticsDocument, gates: Sequence[Compared], run: RunWords) -> Conclusion:
    """Whether a better improver was found, by how much on the sealed split, and how that goes with what the gate said."""
    rows, ended = found["iterations"], status_words(run.status, run.detail)
    if not rows:
        return {"sentence": _nothing_yet(run, measured=False), "detail": ended}
    last = rows[-1]
    if not found["differences"]:
        return {"sentence": _nothing_better(last["t"], run), "detail": _joined(_reached(last, run), ended)}
    difference = found["differences"][-1]
    reached = next((row for row in rows if row["t"] == difference["t"]), last)
    gate = next((each for each in gates if each.t == difference["t"] and each.accepted), None)
    return {
        "sentence": _better_or_not(difference, (rows[0], reached), run),
        "detail": _joined(_reconciled(difference, reached["n"], gate, run), ended),
    }


def _nothing_better(t: int, run: RunWords) -> str:
    if t == 0 and run.status != "finished":
        return _nothing_yet(run, measured=True)
    if t == 0 and run.detail:
        return f"No improvement: nothing can be gained over {run.first.rstrip(',')}."
    if t == 0:
        return f"No improvement was asked for: only {run.first.rstrip(',')} was measured."
    of = f" of {run.iterations}" if run.status != "finished" and run.iterations else ""
    so_far = "" if run.status == "finished" else " so far"
    done = f"{t}{of} iterations" if of else quantity(t, "iteration")
    return f"No improvement{so_far}: {run.first} stays after {done}."


def _nothing_yet(run: RunWords, measured: bool) -> str:
    """Of a run that ended, or stands, before its first iteration was through; `measured`: whether I_0 was."""
    first = run.first.rstrip(",")
    if run.status == "running":
        return "No result yet: " + (f"only {first} was measured." if measured else f"{first} is being measured.")
    ended = {
        "unfinished": "the run was killed",
        "interrupted": "the run was stopped",
        "budget": "a limit ended the run",
        "failed": "the run failed",
    }.get(run.status, "the run ended")
    before = f"the first iteration ended; only {first} was measured" if measured else f"{first} was measured"
    return f"No result: {ended} before {before}."


def _reached(row: MeasuredIteration, run: RunWords) -> str:
    interval = row["t_interval"]
    sure = "" if interval is None or no_width(interval) else f" (95% interval {interval[0]:.3f} to {interval[1]:.3f})"
    return f"Its meta-utility û is {row['mean']:.3f}{sure} on sealed instances of {run.task}, {quantity(row['n'], 'copy')}."


def _better_or_not(
    difference: DifferenceFromSeed, rows: tuple[MeasuredIteration, MeasuredIteration], run: RunWords
) -> str:
    """The improver that was accepted last beside the first, on the sealed split."""
    before, after = (row["mean"] for row in rows)
    interval = difference["interval_new_instances"] or difference["interval"]
    low, high = sorted(map(abs, interval or (0.0, 0.0)))
    by = f"by {abs(difference['mean']):.3f} (95% interval {low:.3f} to {high:.3f}) in û"
    sure = "" if interval is None else f" (95% interval {interval[0]:+.3f} to {interval[1]:+.3f})"
    changed = f"û changed by {difference['mean']:+.3f}{sure}"
    where = f"from {before:.3f} to {after:.3f}, on sealed instances of {run.task}, {quantity(rows[1]['n'], 'copy')}"
    name = f"the improver of iteration {difference['t']}"
    match verdict_on(difference):
        case "better":
            return f"Better: {name} beats {run.first} {by}, {where}."
        case "worse":
            return f"No improvement: {name} is worse than {run.first} {by}, {where}."
        case "one copy":
            return f"No claim: {name} was accepted; {changed}, {where}; one copy says nothing about chance."
        case _:
            return f"No significant improvement: {name} was accepted; {changed}, {where}."


def _reconciled(difference: DifferenceFromSeed, copies: int, gate: Compared | None, run: RunWords) -> str:
    """Why it was accepted, where the sealed split does not show that it is better."""
    if verdict_on(difference) == "better":
        return ""
    if gate is None:
        return {
            "paper": "Selection `paper` accepts what each self-improvement returns, better or not.",
        }.get(run.selection, "")
    low, high = gate.interval
    gained = f"{mean(gate.differences):+.3f}" if gate.differences else "better"
    pairs = f"{quantity(len(gate.differences), 'pair')} of training runs"
    interval = f"{100 * gate.confidence:.4g}% interval {low:+.3f} to {high:+.3f}"
    few = ", and its few copies may not show so small a difference" if verdict_on(difference) != "worse" else ""
    return (
        f"The gate accepted it by {pairs} ({gained}, {interval}). The sealed split is a second, separate check, "
        f"over {quantity(copies, 'copy')}{few}."
    )


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def status_words(status: str, detail: str = "") -> str:
    """How a run ended, where it did not end by itself."""
    if status == "finished":
        return f"{detail[:1].upper()}{detail[1:]}." if detail else ""
    said: Mapping[str, str] = {
        "unfinished": "The run has not ended: its process was killed.",
        "running": "The run is still working.",
        "interrupted": "The run was stopped before its end.",
        "budget": "The run stopped at a limit",
        "failed": "The run failed",
    }
    words = said.get(status, f"The run ended as {status}")
    if not words or words.endswith("."):
        return words
    return f"{words}: {detail}." if detail else f"{words}."
