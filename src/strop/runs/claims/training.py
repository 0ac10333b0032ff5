"""The sentences about a run of Algorithm 1."""

from __future__ import annotations

from collections.abc import Sequence

from strop.analysis.stats import Estimate, decided, group_difference, least_copies, mean
from strop.base.events import Compared
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.base.results import TOO_LARGE
from strop.runs.claims.improvers import better_words, own_score_words, spent_words, where_measured
from strop.runs.claims.numbers import between, by_how_much, interval_in_brackets, signed, too_few, written
from strop.runs.results.trained import FromSeed, Iteration
from strop.runs.run_data import RunData

_ENDED = {
    "unfinished": ("the run was killed", "The run has not ended: its process was killed."),
    "running": ("", "The run is in progress."),
    "interrupted": ("the run was stopped", "The run was stopped before its end."),
    "budget": ("a limit ended the run", "The run stopped at a limit"),
    "failed": ("the run failed", "The run failed"),
}
"""Status → how a run ended, in a clause and as a sentence; one without a full stop is followed by the detail."""


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
    if accepted and last.improver != rows[0][0].improver:
        reached, sample = accepted[-1]
        sentence, detail = _comparison(reached.t, group_difference(sample.by_task, first.by_task), first.mean, run)
        sentence = f"{sentence} {_cost(rows[0][0], reached)}".rstrip()
    else:
        where = f"{_where(run)}, {quantity(test.n, 'copy')}"
        sentence = _no_improvement(last.t, run, returns=bool(accepted))
        detail = f"Its meta-utility û is {test.mean:.3f}{interval_in_brackets(test.interval)} {where}."
    return Conclusion(sentence, f"{detail} {ended}".strip())


def _no_result(run: RunData, measured: bool) -> str:
    """The sentence of a run without a finished iteration; `measured`: whether I_0 was measured."""
    first = _first(run)
    if run.status == "running":
        return "No result yet: " + (f"only {first} was measured." if measured else f"{first} is being measured.")
    ended, _ = _ENDED.get(run.status, ("the run ended", ""))
    before = f"the first iteration ended; only {first} was measured" if measured else f"{first} was measured"
    return f"No result: {ended} before {before}."


def _no_improvement(t: int, run: RunData, *, returns: bool = False) -> str:
    """The sentence of a run that kept I_0 for t iterations, or `returns` to it."""
    finished, iterations = run.status == "finished" and not run.ended_by, run.spec.iterations if run.spec else 0
    if t == 0 and not finished:
        return _no_result(run, measured=True)
    if t == 0 and run.detail:
        return f"No improvement: training can hardly show a gain over {_first(run)}."
    if t == 0:
        return f"No improvement was asked for: only {_first(run)} was measured."
    done = quantity(t, "iteration") if finished or not iterations else f"{t} of {iterations} iterations"
    found = f"I_{t} is {_first(run)}" if returns else f"{_first(run, ',')} stays after {done}"
    return f"No improvement{'' if run.status == 'finished' else ' so far'}: {found}."


def _where(run: RunData) -> str:
    """What the last measurement was made on."""
    tasks = run.meta.tasks or (run.spec.tasks if run.spec else ())
    return where_measured(tasks, run.meta.chosen)


def _first(run: RunData, comma: str = "") -> str:
    """The name of I_0; `comma` ends its apposition inside a sentence."""
    improver = run.spec.improver if run.spec else "seed"
    return "the seed improver" if improver == "seed" else f"the first improver, {improver}{comma}"


def headline(t: int, copies: Estimate, before: float, final: Compared | None = None) -> FromSeed:
    """I_t minus I_0 as it is told everywhere: as the final comparison has it, if there is one, else as `copies` have it, from
    `before`."""
    if final is None:
        return FromSeed(**vars(copies), t=t, before=before, of="copy")
    low, high = final.interval
    change = Estimate(final.mean, None, len(final.differences), (low, high))
    return FromSeed(**vars(change), t=t, before=mean(final.before), of="pair")


def copies_words(iterations: Sequence[Iteration]) -> str:
    """What each û of these iterations is the mean of: `5 copies`."""
    return quantity(max((one.n for each in iterations for one in (each.train, each.test) if one), default=0), "copy")


def _comparison(t: int, change: Estimate, before: float, run: RunData) -> tuple[str, str]:
    """The last accepted improver, I_t, against the first: what the sealed instances show, and what the gate did; and why it was
    accepted, where that does not say it. `change`, from `before`: over the copies measured after each iteration."""
    change, gate = headline(t, change, before, run.final_comparison), run.gates.get(t)
    name, own = f"the improver of iteration {t}", run.meta.own_score_because
    where = f"from {change.before:.3f} to {change.after:.3f}, {_where(run)}, {change.on}"
    shown, changed = decided(change), f"û changed by {signed(change)}, {where}"
    rest = f"{_first(run, ',')} by {by_how_much(change)} in û, {where}{own_score_words(own)}."
    if gate is None or not gate.accepted:
        paper = run.spec is not None and run.spec.selection == "paper" and shown <= 0
        why = "Selection `paper` accepts what each self-improvement returns, better or not." if paper else ""
        if not shown:
            few = too_few(change, "copies", least_copies())
            return f"No significant improvement: {name} was accepted; {changed}" + (f"; {few}." if few else "."), why
        return (
            f"{better_words(own)}: {name} beats {rest}"
            if shown > 0
            else f"No improvement: {name} is worse than {rest}",
            why,
        )
    if shown:
        contradiction = f"Contradiction: the gate accepted {name}, but it is worse than {rest}"
        sentence = f"{better_words(own)}: {name} beats {rest}" if shown > 0 else contradiction
        return sentence, f"The gate accepted it over {_incumbent(gate, run)}: better {_by_gate(gate)}."
    proved = f"the gate showed that {name} beats {_incumbent(gate, run)} {_by_gate(gate)}"
    if change.interval is not None and change.interval[1] < gate.interval[0]:
        return f"Contradiction: {proved}, but {changed}, which is less.", ""
    few = "; more copies would be needed to show it there, too" if run.final_comparison is None else ""
    better = f"{better_words(own)} in training: {proved}"
    return f"{better}. Sealed instances leave it open: {changed}{few}{own_score_words(own)}.", ""


def _cost(first: Iteration, reached: Iteration) -> str:
    """Which of two improvers spends more on an improvement; empty where it was not recorded."""
    spent = {
        f"I_{each.t}": {"lm_calls": each.mean_lm_calls, "evaluations": each.mean_evaluations}
        for each in (first, reached)
    }
    known = first.mean_lm_calls is not None and reached.mean_lm_calls is not None
    return spent_words(spent, " on each improvement") if known else ""


def _incumbent(gate: Compared, run: RunData) -> str:
    """The improver that a gate replaced."""
    t = next((event.t for event in run.iterations if event.improver == gate.incumbent), 0)
    return f"that of iteration {t}" if t else _first(run)


def _by_gate(gate: Compared) -> str:
    """`by 0.250 (95% interval 0.014 to 0.347) in 24 pairs`, and what to think of that."""
    size = f"{100 * gate.confidence:.4g}% interval {between(gate.interval)}"
    return f"by {written(gate.mean)} ({size}) in {quantity(len(gate.differences), 'pair')} ({TOO_LARGE})"


def status_words(status: str, detail: str = "") -> str:
    """How a run ended; empty if it completed all its iterations."""
    if status == "finished":
        return f"{detail[:1].upper()}{detail[1:]}." if detail else ""
    _, words = _ENDED.get(status, ("", f"The run ended with status {status}"))
    if words.endswith("."):
        return words
    return f"{words}: {detail}." if detail else f"{words}."
