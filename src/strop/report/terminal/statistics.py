"""Statistics of a run: every û of the sealed split and every difference with its interval, and counts of comparisons. For
people and for programs; docs/statistics.md explains every line.

They are computed from the record alone, after the run. Not here: the methods (strop.analysis.stats).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from rich.console import Console

from strop.analysis.stats import Estimate, score_difference, score_estimate
from strop.base.events import IterationFinished
from strop.report.terminal.layout import print_table, say
from strop.report.terminal.words import quantity
from strop.runs.claims.numbers import between, in_words
from strop.runs.run_data import RunData

CONFIDENCE = 0.95


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


class StatisticsDocument(TypedDict):
    """What `strop show RUN --statistics --json` prints."""

    confidence: float
    iterations: list[MeasuredIteration]
    differences: list[DifferenceFromSeed]
    compared: Comparisons


def statistics_document(run: RunData) -> StatisticsDocument:
    """The statistics of one run, finished or not. Deterministic."""
    measured = [event for event in run.iterations if event.test]
    gates = run.gates.values()
    return {
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


def print_statistics(run: RunData, console: Console) -> None:
    """The statistics for people, in two tables and a line."""
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
