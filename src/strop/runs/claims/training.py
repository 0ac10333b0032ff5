"""The sentences about a run of Algorithm 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from strop.analysis.stats import Estimate, decided, mean, score_difference, too_few
from strop.base.events import Compared
from strop.base.pluralize import quantity
from strop.runs.claims.measuring import contest
from strop.runs.claims.numbers import interval_in_brackets, signed
from strop.runs.claims.where import REPEATS, better_words, named_in, own_score_words, where_measured
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
    gate, sealed = run.gates.get(reached.t), _sealed(score_difference(sample.values, first.values), first.mean, run)
    gate = gate if gate is not None and gate.accepted else None
    why = _why_accepted(sealed, gate, run)
    return Conclusion(_comparison(reached.t, sealed, gate, run), f"{why} {ended}".strip())


def _no_result(run: RunData, measured: bool) -> str:
    """The sentence of a run without a finished iteration; `measured`: whether I_0 was measured."""
    first = _first(run)
    if run.status == "running":
        return "No result yet: " + (f"only {first} was measured." if measured else f"{first} is being measured.")
    ended = _ENDED.get(run.status, "the run ended")
    before = f"the first iteration ended; only {first} was measured" if measured else f"{first} was measured"
    return f"No result: {ended} before {before}."


def _no_improvement(t: int, run: RunData) -> str:
    """The sentence of a run that kept I_0 for t iterations."""
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


def _sealed(change: Estimate, before: float, run: RunData) -> _Sealed:
    """That of the last comparison; before it, and in runs without one, of the copies measured after each iteration."""
    if run.last is None:
        return _Sealed(change, before, quantity(change.n, "copy"))
    copies = quantity(len(run.last.differences), "pair") + " of copies"
    return _Sealed(decisive(run.last), mean(run.last.before), copies)


def decisive(last: Compared) -> Estimate:
    """I_T minus I_0 as the last comparison has it: the one difference that is shown wherever there is such a comparison."""
    low, high = last.interval
    return Estimate(last.mean, None, len(last.differences), (low, high))


def levels_and_effect(run: RunData) -> str:
    """What the û of a table of iterations are, beside the difference of the last comparison; empty without one."""
    if run.last is None or not run.iterations:
        return ""
    pairs, copies = quantity(len(run.last.differences), "fresh pair"), len(run.iterations[0].test)
    return (
        f"û of each iteration is of {quantity(copies, 'copy')}; the difference that decides is that of the last {pairs}"
    )


def _comparison(t: int, sealed: _Sealed, gate: Compared | None, run: RunData) -> str:
    """The last accepted improver against the first: what the sealed instances show, and what the gate did."""
    change, shown, own = sealed.change, decided(sealed.change), run.own_score_because
    where = f"from {sealed.before:.3f} to {sealed.before + change.mean:.3f}, {_where(run)}, {sealed.copies}"
    name = f"the improver of iteration {t}"
    if shown:
        words = contest(name, _first(run, ","), change, where, own)
        worse = "No improvement: " if gate is None else f"Contradiction: the gate accepted {name}, but it"
        told = f"Worse: {name}" if gate is not None else "Worse: "
        return f"{words.replace(told, worse, 1)}."
    changed = f"û changed by {signed(change)}, {where}"
    if gate is None:
        few = too_few(change, "copy")
        return f"No significant improvement: {name} was accepted; {changed}" + (f"; {few}." if few else ".")
    proved = f"the gate showed that {name} beats {_incumbent(gate, run)} {_by_gate(gate)}"
    if change.interval is not None and change.interval[1] < gate.interval[0]:
        return f"Contradiction: {proved}, but {changed}, which is less."
    few = "; more copies would be needed to show it there, too" if run.last is None else ""
    better = f"{better_words(own)} in training: {proved}"
    return f"{better}. Sealed instances leave it open: {changed}{few}{own_score_words(own)}."


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
