"""The conclusion of a run of Algorithm 1, in one sentence and details, the same on the terminal, the page and in JSON.

That of strop improve is in `claim`, of strop eval --against in strop.runs.compare, of the other commands beside their tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from strop.analysis.stats import Estimate, decided, mean, too_few
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
    gate, sealed = run.gates.get(difference["t"]), _sealed(difference, rows, run)
    gate = gate if gate is not None and gate.accepted else None
    return {
        "sentence": _comparison(difference["t"], sealed, gate, run),
        "detail": f"{_why_accepted(sealed, gate, run)} {ended}".strip(),
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


@dataclass(frozen=True)
class _Sealed:
    """What sealed instances say about the last accepted improver, I_T, and the first."""

    change: Estimate
    before: float
    copies: str
    """What was compared, with its number."""


def _sealed(difference: DifferenceFromSeed, rows: Sequence[MeasuredIteration], run: RunData) -> _Sealed:
    """That of the last comparison; before it, and in runs without one, of the copies measured after each iteration."""
    if run.last is not None:
        n = len(run.last.differences)
        low, high = run.last.interval
        return _Sealed(
            Estimate(mean(run.last.differences), None, n, (low, high)),
            mean(run.last.before),
            quantity(n, "pair") + " of copies",
        )
    return _Sealed(estimate_of(difference), rows[0]["mean"], quantity(difference["n"], "copy"))


def _comparison(t: int, sealed: _Sealed, gate: Compared | None, run: RunData) -> str:
    """The last accepted improver against the first: what the sealed instances show, and what the gate did."""
    change, shown = sealed.change, decided(sealed.change)
    low, high = change.interval or (-1.0, 1.0)
    where = f"from {sealed.before:.3f} to {sealed.before + change.mean:.3f}, {_where(run)}, {sealed.copies}"
    name = f"the improver of iteration {t}"
    if shown:
        verdict = f"Better: {name} beats" if shown > 0 else f"No improvement: {name} is worse than"
        if shown < 0 and gate is not None:
            verdict = f"Contradiction: the gate accepted {name}, but it is worse than"
        size = "{:.3f} to {:.3f}".format(*sorted((abs(low), abs(high))))
        by = f"by {abs(change.mean):.3f} (95% interval {size}) in û"
        return doubted(f"{verdict} {_first(run, ',')} {by}, {where}.", run.shared_because)
    changed = f"û changed by {change.mean:+.3f}{interval_in_brackets([low, high], '+')}, {where}"
    if gate is None:
        few = too_few(change, "copy")
        return f"No significant improvement: {name} was accepted; {changed}" + (f"; {few}." if few else ".")
    proved = f"the gate showed that {name} beats {_incumbent(gate, run)} {_by_gate(gate)}"
    if high < gate.interval[0]:
        return f"Contradiction: {proved}, but {changed}, which is less."
    few = "; more copies would be needed to show it there, too" if run.last is None else ""
    return doubted(f"Better in training: {proved}. Sealed instances leave it open: {changed}{few}.", run.shared_because)


def _incumbent(gate: Compared, run: RunData) -> str:
    """The improver that a gate replaced."""
    t = next((event.t for event in run.iterations if event.improver == gate.incumbent), 0)
    return f"that of iteration {t}" if t else _first(run)


def _by_gate(gate: Compared) -> str:
    """`by 0.250 (95% interval 0.014 to 0.347) in 24 pairs`."""
    low, high = gate.interval
    size = f"{100 * gate.confidence:.4g}% interval {low:.3f} to {high:.3f}"
    return f"by {mean(gate.differences):.3f} ({size}) in {quantity(len(gate.differences), 'pair')}"


def _why_accepted(sealed: _Sealed, gate: Compared | None, run: RunData) -> str:
    """Why the improver was accepted, where the sentence does not say it; else empty."""
    if gate is not None and decided(sealed.change):
        return f"The gate accepted it over {_incumbent(gate, run)}: better {_by_gate(gate)}."
    if run.recipe.get("selection") == "paper" and decided(sealed.change) <= 0:
        return "Selection `paper` accepts what each self-improvement returns, better or not."
    return ""


def status_words(status: str, detail: str = "") -> str:
    """How a run ended; empty if it completed all its iterations."""
    if status == "finished":
        return f"{detail[:1].upper()}{detail[1:]}." if detail else ""
    words = _STATUS.get(status, f"The run ended with status {status}")
    if words.endswith("."):
        return words
    return f"{words}: {detail}." if detail else f"{words}."
