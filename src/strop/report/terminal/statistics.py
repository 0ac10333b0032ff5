"""Statistics of a run: every û of the sealed split and every difference with its interval, counts of comparisons, and the bounds
of Appendix A.2. For people and for programs; docs/statistics.md explains every line.

They are computed from the record alone, after the run. Not here: the methods (strop.analysis.stats).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from rich.console import Console

from strop.analysis.stats import (
    Estimate,
    finite_class,
    lemma_1,
    lemma_1_tasks,
    observation_1,
    score_difference,
    score_estimate,
    within_of_best,
)
from strop.base.events import IterationFinished
from strop.report.terminal.layout import print_table, say
from strop.report.terminal.words import between, in_words, quantity
from strop.runs.run_data import RunData

CONFIDENCE = 0.95
DELTA = 0.05
"""The bounds hold with probability 1 - DELTA."""
WANTED_EPSILON = 0.1
"""The bound for which `tasks_needed` is computed."""


class MeasuredIteration(TypedDict):
    """û of I_t on the sealed test split."""

    t: int
    accepted: bool
    improver: str
    """Digest."""
    n: int
    """Copies."""
    mean: float
    stderr: float | None
    interval: list[float]
    """95%, over new copies on these instances."""


class DifferenceFromSeed(TypedDict):
    """û of I_t minus û of I_0, on the sealed test split."""

    t: int
    mean: float
    interval: list[float]
    """95%, over new copies of both on these instances; each by itself."""
    n: int
    """Copies of each."""


class Comparisons(TypedDict):
    """Counts of comparisons."""

    candidates: int
    """Different improvers that self-improvements evaluated."""
    meta_utility_calls: int
    """Evaluations of û."""
    gate_comparisons: int
    gate_pairs: int
    """Pairs that the gates counted; pairs that ran ahead are not among them."""
    gate_accepted: int


class Lemma1(TypedDict):
    """The bound of Lemma 1 (Appendix A.2) for programs as long as I_T."""

    n: int
    """|D|."""
    length: int
    """Bytes of I_T."""
    alphabet: int
    delta: float
    epsilon: float
    within_of_best: float
    vacuous: bool
    """Whether epsilon is 1 or more, which says nothing about numbers in [0, 1]."""
    wanted_epsilon: float
    tasks_needed: int
    """|D| for which the lemma gives `wanted_epsilon`."""


class FiniteClass(TypedDict):
    """The bound for the improvers that were measured on the sealed split."""

    n: int
    improvers: int
    epsilon: float


class Observation1(TypedDict):
    """Observation 1: as many independent tasks as calls simulate the stochastic meta-utility."""

    calls: int
    tasks: int
    perfect: bool


class StatisticsDocument(TypedDict):
    """What `strop show RUN --statistics --json` prints. The last three are null for a record without iterations."""

    schema_version: int
    confidence: float
    iterations: list[MeasuredIteration]
    differences: list[DifferenceFromSeed]
    compared: Comparisons
    lemma_1: Lemma1 | None
    finite_class: FiniteClass | None
    observation_1: Observation1 | None


def statistics_document(run: RunData) -> StatisticsDocument:
    """The statistics of one run, finished or not. Deterministic."""
    measured = [event for event in run.iterations if event.test]
    gates = run.gates.values()
    return {
        "schema_version": 1,
        "confidence": CONFIDENCE,
        "iterations": [_measured(event) for event in measured],
        "differences": _differences(run),
        "compared": {
            "candidates": len(run.meta_calls),
            "meta_utility_calls": run.meta_calls.total(),
            "gate_comparisons": len(gates),
            "gate_pairs": sum(len(gate.differences) for gate in gates),
            "gate_accepted": sum(gate.accepted for gate in gates),
        },
        "lemma_1": _lemma_1(measured[-1], run.text(measured[-1].improver)) if measured else None,
        "finite_class": _finite_class(measured) if measured else None,
        "observation_1": _observation_1(run.downstream, len(measured[-1].test)) if measured else None,
    }


def _measured(event: IterationFinished) -> MeasuredIteration:
    sample = score_estimate(event.test, confidence=CONFIDENCE)
    return {
        "t": event.t,
        "accepted": event.accepted,
        "improver": event.improver,
        "n": sample.n,
        "mean": sample.mean,
        "stderr": sample.stderr,
        "interval": list(sample.interval or ()),
    }


def _differences(run: RunData) -> list[DifferenceFromSeed]:
    """Every accepted improver minus the first."""
    first = run.iterations[0] if run.iterations else None
    if first is None or not first.test:
        return []
    accepted = [event for event in run.iterations[1:] if event.accepted and len(event.test) == len(first.test)]
    changes = [(event.t, score_difference(event.test, first.test, confidence=CONFIDENCE)) for event in accepted]
    return [
        {"t": t, "mean": change.mean, "interval": list(change.interval or ()), "n": change.n} for t, change in changes
    ]


def _lemma_1(last: IterationFinished, improver: str) -> Lemma1:
    n, length = len(last.test), max(2, len(improver.encode("utf-8", "backslashreplace")))
    epsilon = lemma_1(n, length, delta=DELTA)
    return {
        "n": n,
        "length": length,
        "alphabet": 256,
        "delta": DELTA,
        "epsilon": epsilon,
        "within_of_best": within_of_best(epsilon),
        "vacuous": epsilon >= 1,
        "wanted_epsilon": WANTED_EPSILON,
        "tasks_needed": lemma_1_tasks(WANTED_EPSILON, length, delta=DELTA),
    }


def _finite_class(measured: Sequence[IterationFinished]) -> FiniteClass:
    n = min(len(event.test) for event in measured)
    improvers = len({event.improver for event in measured})
    return {"n": n, "improvers": improvers, "epsilon": finite_class(n, improvers, delta=DELTA)}


def _observation_1(improvements: int, tasks: int) -> Observation1:
    simulated = observation_1(improvements, tasks)
    return {"calls": simulated.calls, "tasks": simulated.tasks, "perfect": simulated.perfect}


def print_statistics(run: RunData, console: Console) -> None:
    """The statistics for people, in two tables and a few lines."""
    document = statistics_document(run)
    if not document["iterations"]:
        say(console, "no iteration has ended: there is nothing to compute statistics of")
        return
    _print_iterations(document["iterations"], console)
    _print_differences(document["differences"], console)
    compared = document["compared"]
    say(
        console,
        f"compared: {quantity(compared['candidates'], 'candidate')} in "
        f"{quantity(compared['meta_utility_calls'], 'meta-utility call')}; the value that "
        "selected one is too high on average, a new measurement is not",
    )
    if compared["gate_comparisons"]:
        say(
            console,
            f"gate: {quantity(compared['gate_comparisons'], 'comparison')}, {quantity(compared['gate_pairs'], 'pair')}, "
            f"{compared['gate_accepted']} accepted",
        )
    for line in _bounds(document):
        say(console, line)


def _print_iterations(rows: Sequence[MeasuredIteration], console: Console) -> None:
    cells = [
        (
            str(row["t"]),
            "-" if row["t"] == 0 else "yes" if row["accepted"] else "no",
            str(row["n"]),
            in_words(Estimate(row["mean"], row["stderr"], row["n"])),
            between(row["interval"]),
        )
        for row in rows
    ]
    print_table(console, ("t", "accepted", "copies", "test û", "95% interval"), cells)


def _print_differences(rows: Sequence[DifferenceFromSeed], console: Console) -> None:
    if not rows:
        say(console, "no improver was accepted: there is no difference from the seed improver")
        return
    cells = [
        (
            str(row["t"]),
            f"{row['mean']:+.3f}",
            between(row["interval"], "+"),
        )
        for row in rows
    ]
    print_table(console, ("t", "I_t - I_0", "95% interval"), cells)


def estimate_of(difference: DifferenceFromSeed) -> Estimate:
    """The difference as an estimate."""
    low, high = difference["interval"]
    return Estimate(difference["mean"], None, difference["n"], (low, high))


def _bounds(document: StatisticsDocument) -> list[str]:
    lemma, finite, observation = document["lemma_1"], document["finite_class"], document["observation_1"]
    lines = []
    if lemma:
        says = "which says nothing" if lemma["vacuous"] else f"within {lemma['within_of_best']:.2f} of the best"
        length = quantity(lemma["length"], "byte")
        lines.append(
            f"Lemma 1: epsilon {lemma['epsilon']:.1f} for |D| = {lemma['n']} and programs of {length}, {says}; "
            f"epsilon {lemma['wanted_epsilon']} needs {lemma['tasks_needed']:,} tasks"
        )
    if finite:
        lines.append(
            f"the {finite['improvers']} improvers measured on the sealed split: each within {finite['epsilon']:.2f} of its "
            f"expectation over other copies, all at once (95%)"
        )
    if observation:
        calls = quantity(observation["calls"], "downstream improvement")
        lines.append(
            f"Observation 1: {calls}, as many independent tasks would simulate them perfectly; "
            f"here |D| = {observation['tasks']}"
        )
    return lines
