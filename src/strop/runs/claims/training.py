"""The sentences about a run of Algorithm 1."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

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
"""Status → how a run ended, as a clause and as a sentence. A sentence without a full stop is followed by the detail."""


@dataclass(frozen=True)
class Conclusion:
    """The conclusion of a command."""

    sentence: str
    detail: str
    """One or two sentences more; may be empty."""


def conclusion_of(run: RunData, iterations: Sequence[Iteration]) -> Conclusion:
    """The conclusion of a run of Algorithm 1: whether it found a better improver, by how much on the held-out split, and what the
    gate showed. The run may be unfinished."""
    rows, ended = [(one, one.test) for one in iterations if one.test is not None], status_words(run.status, run.detail)
    if not rows:
        return Conclusion(_no_result(run, measured=False), ended)
    (_, first), (last, test) = rows[0], rows[-1]
    accepted = [(one, sample) for one, sample in rows[1:] if one.accepted and sample.n == first.n]
    if accepted and last.improver != rows[0][0].improver:
        reached, sample = accepted[-1]
        sentence, detail = _comparison(reached.t, group_difference(sample.by_task, first.by_task), first.mean, run)
        sentence = f"{sentence} {_cost(rows[0][0], reached)}".rstrip()
        detail = f"{detail} {_training(rows[0][0], reached, iterations)}".strip()
    else:
        where = f"{_where(run)}, {quantity(test.n, 'copy')}"
        sentence = _no_improvement(last.t, run, returns=bool(accepted))
        detail = f"Its meta-utility û is {test.mean:.3f}{interval_in_brackets(test.interval)} {where}."
    return Conclusion(sentence, f"{detail} {ended}".strip())


def _no_result(run: RunData, measured: bool) -> str:
    """The sentence of a run without a finished iteration. `measured` says whether I_0 was measured."""
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
    outcome = f"I_{t} is {_first(run)}" if returns else f"{_first(run, ',')} stays after {done}"
    return f"No improvement{'' if run.status == 'finished' else ' so far'}: {outcome}."


def _where(run: RunData) -> str:
    """The tasks and instances of the last measurement, in words."""
    tasks = run.meta.tasks or (run.spec.tasks if run.spec else ())
    return where_measured(tasks, run.meta.chosen)


def _first(run: RunData, comma: str = "") -> str:
    """The name of I_0; `comma` ends its apposition inside a sentence."""
    improver = run.spec.improver if run.spec else "seed"
    return "the seed improver" if improver == "seed" else f"the first improver, {improver}{comma}"


def headline(t: int, copies: Estimate, before: float, final: Compared | None = None) -> FromSeed:
    """I_t minus I_0, as every view tells it: from the final comparison if there is one, otherwise from `copies`, where I_0 has
    `before`."""
    if final is None:
        return FromSeed(**vars(copies), t=t, before=before, of="copy")
    low, high = final.interval
    change = Estimate(final.mean, None, len(final.differences), (low, high))
    return FromSeed(**vars(change), t=t, before=mean(final.before), of="pair")


def copies_words(iterations: Sequence[Iteration]) -> str:
    """The copies over which each û of these iterations is a mean: `5 copies`."""
    return quantity(
        max((one.n for iteration in iterations for one in (iteration.train, iteration.test) if one), default=0), "copy"
    )


def _comparison(t: int, change: Estimate, before: float, run: RunData) -> tuple[str, str]:
    """Two sentences about the last accepted improver, I_t, against the first one: what the held-out instances and the gate
    showed, and why it was accepted; the second may be empty.

    `change` and the value `before` come from the copies that were measured after each iteration.
    """
    change, gate = headline(t, change, before, run.final_comparison), run.gates.get(t)
    name, own = f"the improver of iteration {t}", run.meta.own_score_because
    where = f"from {change.before:.3f} to {change.after:.3f}, {_where(run)}, {change.on}"
    sign, changed = decided(change), f"û changed by {signed(change)}, {where}"
    rest = f"{_first(run, ',')} by {by_how_much(change)} in û, {where}{own_score_words(own)}."
    if gate is None or not gate.accepted:
        paper = run.spec is not None and run.spec.selection == "paper" and sign <= 0
        why = "Selection `paper` accepts what each self-improvement returns, better or not." if paper else ""
        if not sign:
            few = too_few(change, "copies", least_copies())
            return f"No significant improvement: {name} was accepted; {changed}" + (f"; {few}." if few else "."), why
        return (
            f"{better_words(own)}: {name} beats {rest}" if sign > 0 else f"No improvement: {name} is worse than {rest}",
            why,
        )
    if sign:
        contradiction = f"Contradiction: the gate accepted {name}, but it is worse than {rest}"
        sentence = f"{better_words(own)}: {name} beats {rest}" if sign > 0 else contradiction
        return sentence, f"The gate accepted it over {_incumbent(gate, run)}: better {_by_gate(gate)}."
    proved = f"the gate showed that {name} beats {_incumbent(gate, run)} {_by_gate(gate)}"
    if change.interval is not None and change.interval[1] < gate.interval[0]:
        return f"Contradiction: {proved}, but {changed}, which is less.", ""
    few = "; more copies would be needed to show it there, too" if run.final_comparison is None else ""
    better = f"{better_words(own)} in training: {proved}"
    return f"{better}. Held-out instances leave it open: {changed}{few}{own_score_words(own)}.", ""


def _cost(first: Iteration, reached: Iteration) -> str:
    """A sentence that says which of two improvers spends more on an improvement; empty if that was not recorded."""
    spent = {
        f"I_{iteration.t}": {"lm_calls": iteration.mean_lm_calls, "evaluations": iteration.mean_evaluations}
        for iteration in (first, reached)
    }
    are_known = first.mean_lm_calls is not None and reached.mean_lm_calls is not None
    return spent_words(spent, " on each improvement") if are_known else ""


def _training(first: Iteration, reached: Iteration, iterations: Sequence[Iteration]) -> str:
    """What the training cost, counted in uses of the improver that it made; empty if that was not recorded."""
    calls, each = sum(one.lm_calls for one in iterations), reached.mean_lm_calls
    if not each or first.mean_lm_calls is None:
        return ""
    saved = first.mean_lm_calls - each
    pays = (
        f"; it saves {saved:.3g} in each, so {ceil(calls / saved):,} of them pay for the training" if saved > 0 else ""
    )
    uses = quantity(ceil(calls / each), "improvement", ",")
    return f"Training made {quantity(calls, 'LM call', ',')}, as many as {uses} by I_{reached.t}{pays}."


def _incumbent(gate: Compared, run: RunData) -> str:
    """The improver that a gate replaced."""
    t = next((event.t for event in run.iterations if event.improver == gate.incumbent), 0)
    return f"that of iteration {t}" if t else _first(run)


def _by_gate(gate: Compared) -> str:
    """The result of a gate: `by 0.250 (95% interval 0.014 to 0.347) in 24 pairs`, with a note that the number is too large."""
    size = f"{100 * gate.confidence:.4g}% interval {between(gate.interval)}"
    return f"by {written(gate.mean)} ({size}) in {quantity(len(gate.differences), 'pair')} ({TOO_LARGE})"


def status_words(status: str, detail: str = "") -> str:
    """How a run ended; empty if it completed all its iterations."""
    if status == "finished":
        return f"{detail[:1].upper()}{detail[1:]}." if detail else ""
    _, sentence = _ENDED.get(status, ("", f"The run ended with status {status}"))
    if sentence.endswith("."):
        return sentence
    return f"{sentence}: {detail}." if detail else f"{sentence}."
