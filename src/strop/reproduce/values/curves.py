"""Runs of Algorithm 1 as curves: test û after each iteration, run by run, and what it comes to over the runs (Figure 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from strop.analysis.stats import Estimate, paired_difference
from strop.base.pluralize import quantity
from strop.report.terminal.words import no_width
from strop.reproduce.cells import Document
from strop.reproduce.pages import percent, span
from strop.reproduce.values.evaluations import bounded

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Curve:
    """The runs of one way of selection."""

    selection: str
    seeds: tuple[int, ...]
    """One a run."""
    runs: tuple[tuple[float, ...], ...]
    """For each run û of I_0 … I_T on the sealed test split, in [0, 1]."""
    lm_calls: int
    """Over all runs, those of measuring among them."""
    evaluations: int
    gate_evaluations: int
    """Of these, what the comparisons of a gate took; 0 where the selection has none."""

    @property
    def points(self) -> tuple[Estimate, ...]:
        """Mean over the runs after each iteration, with its standard error and Student's t 95% interval, cut to [0, 1]."""
        return tuple(bounded(values) for values in zip(*self.runs, strict=True))

    @property
    def gains(self) -> tuple[float, ...]:
        """û(I_T) - û(I_0) of each run: on the same instances, so it is paired."""
        return tuple(run[-1] - run[0] for run in self.runs)

    @property
    def gain(self) -> Estimate:
        """Mean gain with Student's t 95% interval over the runs."""
        return paired_difference([run[-1] for run in self.runs], [run[0] for run in self.runs])


def curve(selection: str, seeds: Sequence[int], documents: Sequence[Document]) -> Curve:
    """The documents of finished runs, one a seed.

    Raises:
        KeyError, TypeError, ValueError: one is no document of such a run, or they differ in length.
    """
    means = [[float(each["test"]["mean"]) for each in document["iterations"]] for document in documents]
    longest = max(map(len, means), default=0)
    for values, document in zip(means, documents, strict=True):
        if document.get("detail"):  # it ended early because nothing could be gained: its improver stays
            values += values[-1:] * (longest - len(values))
    runs = tuple(map(tuple, means))
    if len({len(run) for run in runs}) != 1 or not runs[0]:
        raise ValueError("runs of different lengths")
    iterations = [each for document in documents for each in document["iterations"]]
    gates = [each.get("gate") or {} for each in iterations]
    return Curve(
        selection,
        tuple(seeds),
        runs,
        sum(int(each["lm_calls"]) for each in iterations),
        sum(int(each["evaluations"]) for each in iterations),
        sum(int(gate.get("evaluations", 0)) for gate in gates),
    )


def change_in(of: Curve, task: str = "lpn") -> str:
    """What became of test û over the runs, in one sentence, and whether chance alone may have done it."""
    gain, runs, last = of.gain, len(of.runs), len(of.points) - 1
    under, u = f"under {of.selection} selection", f"test û on {task}"
    size = f"{quantity(runs, 'run')} of {quantity(last, 'iteration')}"
    if max(map(abs, of.gains)) < _ROUNDING:
        each = "every run" if runs > 1 else "the run"
        return f"No change {under}: {each} ended with the seed improver's {u}, {percent(of.points[0].mean)}%."
    interval = gain.interval
    if interval is not None and not no_width(interval):
        verdict = "No significant change"
        if not interval[0] <= 0 <= interval[1]:
            verdict = "Better" if gain.mean > 0 else "Worse"
        chance = ""
    else:
        verdict = "No claim"
        chance = (
            "; one run says nothing about chance" if runs == 1 else "; all runs changed alike, which gives no interval"
        )
    before, after = percent(of.points[0].mean), percent(of.points[-1].mean)
    return f"{verdict} {under}: {u} went from {before}% to {after}%, {points(gain)}, in {size}{chance}."


def points(difference: Estimate) -> str:
    """`+3.2 points (95% interval +1.0 to +5.4)`; without the interval where there is none."""
    interval, by = difference.interval, f"{percent(difference.mean, signed=True)} points"
    return by if interval is None or no_width(interval) else f"{by} (95% interval {span(interval, signed=True)})"


def curve_document(of: Curve) -> dict[str, object]:
    """A curve as data; fractions, not percent."""
    points = [{"t": t, **asdict(point)} for t, point in enumerate(of.points)]
    return {**asdict(of), "points": points, "gain": asdict(of.gain), "gains": of.gains}
