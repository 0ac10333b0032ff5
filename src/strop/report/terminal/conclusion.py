"""The conclusion of a run of Algorithm 1, in one sentence and details, the same on the terminal, the page and in JSON.

That of strop improve is in `claim`, of strop eval --against in strop.runs.compare, of the other commands beside their tables.
"""

from __future__ import annotations

from typing import TypedDict

from strop.analysis.stats import decided, mean, too_few
from strop.base.events import Compared
from strop.report.terminal.statistics import (
    DifferenceFromSeed,
    MeasuredIteration,
    StatisticsDocument,
    estimate_of,
    statistics_document,
)
from strop.report.terminal.words import interval_in_brackets, quantity
from strop.runs.claims import REPEATS, doubted, named_in, where_measured
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


def conclusion_of(run: RunData, statistics: StatisticsDocument | None = None) -> Conclusion:
    """Whether a run of Algorithm 1 found a better improver, by how much on the sealed split, and what the gate saw of it.

    The run may be unfinished. `statistics` are those of the run, if they are already computed.
    """
    statistics = statistics or statistics_document(run)
    rows, ended = statistics["iterations"], status_words(run.status, run.detail)
    if not rows:
        return {"sentence": _no_result(run, measured=False), "detail": ended}
    last = rows[-1]
    if not statistics["differences"]:
        interval = interval_in_brackets(last["interval"])
        where = f"{_where(run)}, {quantity(last['n'], 'copy')}"
        value = f"Its meta-utility û is {last['mean']:.3f}{interval} {where}."
        return {"sentence": _no_improvement(last["t"], run), "detail": f"{value} {ended}".strip()}
    difference = statistics["differences"][-1]
    reached = next((row for row in rows if row["t"] == difference["t"]), last)
    gate = run.gates.get(difference["t"])
    return {
        "sentence": _comparison(difference, (rows[0], reached), run),
        "detail": f"{_why_accepted(difference, reached['n'], gate, run)} {ended}".strip(),
    }


def _no_result(run: RunData, measured: bool) -> str:
    """Of a run without a finished iteration; `measured`: whether I_0 was measured."""
    first = _first(run)
    if run.status == "running":
        return "No result yet: " + (f"only {first} was measured." if measured else f"{first} is being measured.")
    ended = _ENDED.get(run.status, "the run ended")
    before = f"the first iteration ended; only {first} was measured" if measured else f"{first} was measured"
    return f"No result: {ended} before {before}."


def _no_improvement(t: int, run: RunData) -> str:
    """Of a run that kept I_0 for t iterations."""
    finished, iterations = run.status == "finished", run.recipe.get("iterations")
    if t == 0 and not finished:
        return _no_result(run, measured=True)
    if t == 0 and run.detail:
        return f"No improvement: nothing can be gained over {_first(run)}."
    if t == 0:
        return f"No improvement was asked for: only {_first(run)} was measured."
    done = quantity(t, "iteration") if finished or not iterations else f"{t} of {iterations} iterations"
    return f"No improvement{'' if finished else ' so far'}: {_first(run, ',')} stays after {done}."


def _where(run: RunData) -> str:
    """What the last measurement was made on."""
    tasks = run.meta.get("task", "") or str(run.recipe.get("task", ""))
    return where_measured(tasks.split(", "), named_in(run.meta, REPEATS))


def _first(run: RunData, comma: str = "") -> str:
    """The name of I_0; `comma` ends its apposition inside a sentence."""
    improver = str(run.recipe.get("improver", "seed"))
    return "the seed improver" if improver == "seed" else f"the first improver, {improver}{comma}"


def _comparison(difference: DifferenceFromSeed, rows: tuple[MeasuredIteration, MeasuredIteration], run: RunData) -> str:
    """The last accepted improver against the first, on the sealed split."""
    before, after = (row["mean"] for row in rows)
    interval, estimate = difference["interval"], estimate_of(difference)
    low, high = sorted(map(abs, interval))
    by = f"by {abs(difference['mean']):.3f} (95% interval {low:.3f} to {high:.3f}) in û"
    where = f"from {before:.3f} to {after:.3f}, {_where(run)}, {quantity(rows[1]['n'], 'copy')}"
    name = f"the improver of iteration {difference['t']}"
    change = (
        f"{name} was accepted; û changed by {difference['mean']:+.3f}{interval_in_brackets(interval, '+')}, {where}"
    )
    shown = decided(estimate)
    if shown:
        verdict = f"Better: {name} beats" if shown > 0 else f"No improvement: {name} is worse than"
        return doubted(f"{verdict} {_first(run, ',')} {by}, {where}.", run.shared_because)
    few = too_few(estimate, "copy")
    return f"No significant improvement: {change}" + (f"; {few}." if few else ".")


def _why_accepted(difference: DifferenceFromSeed, copies: int, gate: Compared | None, run: RunData) -> str:
    """Why the improver was accepted although the sealed split does not show that it is better; else empty."""
    shown = decided(estimate_of(difference))
    if shown > 0:
        return ""
    if gate is None or not gate.accepted:
        paper = "Selection `paper` accepts what each self-improvement returns, better or not."
        return paper if run.recipe.get("selection") == "paper" else ""
    low, high = gate.interval
    gained = f"{mean(gate.differences):+.3f}" if gate.differences else "better"
    pairs = f"{quantity(len(gate.differences), 'pair')} of training runs"
    interval = f"{100 * gate.confidence:.4g}% interval {low:+.3f} to {high:+.3f}"
    few = ", and its few copies may not show so small a difference" if not shown else ""
    return (
        f"The gate accepted it by {pairs} ({gained}, {interval}). The test split is a second, separate check, "
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
