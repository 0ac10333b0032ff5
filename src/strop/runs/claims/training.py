"""The sentences about a run of Algorithm 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from strop.analysis.stats import Estimate, decided, mean, score_difference, too_few
from strop.base.events import Compared
from strop.base.pluralize import quantity
from strop.runs.claims.measuring import contest
from strop.runs.claims.numbers import interval_in_brackets, signed
from strop.runs.claims.where import REPEATS, doubted, named_in, where_measured
from strop.runs.results.parts import Sample
from strop.runs.results.trained import Iteration
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


@dataclass(frozen=True)
class Conclusion:
    """The conclusion of a command."""

    sentence: str
    detail: str
    """One or two sentences more; may be empty."""


def conclusion_of(run: RunData, iterations: Sequence[Iteration]) -> Conclusion:
    """Whether a run of Algorithm 1 found a better improver, by how much on the sealed split, and what the gate saw of it.

    The run may be unfinished."""
    rows, ended = [(one, one.test) for one in iterations if one.test is not None], status_words(run.status, run.detail)
    if not rows:
        return Conclusion(_no_result(run, measured=False), ended)
    (_, first), (last, test) = rows[0], rows[-1]
    accepted = [(one, sample) for one, sample in rows[1:] if one.accepted and sample.n == first.n]
    if not accepted:
        where = f"{_where(run)}, {quantity(test.n, 'copy')}"
        value = f"Its meta-utility û is {test.mean:.3f}{interval_in_brackets(test.interval)} {where}."
        return Conclusion(_no_improvement(last.t, run), f"{value} {ended}".strip())
    reached, sample = accepted[-1]
    change = score_difference(sample.values, first.values)
    why = _why_accepted(change, run.gates.get(reached.t), run)
    return Conclusion(_comparison(reached.t, change, (first, sample), run), f"{why} {ended}".strip())


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


def _comparison(t: int, change: Estimate, samples: tuple[Sample, Sample], run: RunData) -> str:
    """The last accepted improver against the first, on the sealed split."""
    before, after = samples
    where = f"from {before.mean:.3f} to {after.mean:.3f}, {_where(run)}, {quantity(change.n, 'copy')}"
    name, shown = f"the improver of iteration {t}", decided(change)
    if shown:
        words = contest(name, _first(run, ","), change, where)
        return doubted(f"{words.replace('Worse:', 'No improvement:', 1)}.", run.shared_because)
    few = too_few(change, "copy")
    said = f"{name} was accepted; û changed by {signed(change)}, {where}"
    return f"No significant improvement: {said}" + (f"; {few}." if few else ".")


def _why_accepted(change: Estimate, gate: Compared | None, run: RunData) -> str:
    """Why the improver was accepted although the sealed split does not show that it is better; else empty."""
    shown = decided(change)
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
        f"over {quantity(change.n, 'copy')}{few}."
    )


def status_words(status: str, detail: str = "") -> str:
    """How a run ended; empty if it completed all its iterations."""
    if status == "finished":
        return f"{detail[:1].upper()}{detail[1:]}." if detail else ""
    words = _STATUS.get(status, f"The run ended with status {status}")
    if words.endswith("."):
        return words
    return f"{words}: {detail}." if detail else f"{words}."
