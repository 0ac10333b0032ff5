"""Runs of Algorithm 1 as curves: test û after each iteration, run by run, and their mean over the runs (Figure 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from strop.analysis.stats import Estimate, decided, score_difference, score_estimate, too_few
from strop.base.pluralize import quantity
from strop.report.chart import Chart, Point, Series
from strop.reproduce.cells import Documents
from strop.reproduce.protocol import Protocol
from strop.reproduce.tables import span
from strop.runs.claims.numbers import no_width, percent

NOT_PRINTED = "not printed"
"""Stands for a value that the paper shows only in a figure."""
ROUNDING = 1e-9


@dataclass(frozen=True)
class Curve:
    """The runs of one selection."""

    selection: str
    seeds: tuple[int, ...]
    """One seed per run."""
    runs: tuple[tuple[float, ...], ...]
    """û of I_0 … I_T on the sealed test split, in [0, 1], for each run."""
    lm_calls: int
    """LM calls of all runs, including the measurements."""
    evaluations: int
    gate_evaluations: int
    """Those of them that the comparisons of a gate took; 0 for a selection without a gate."""

    @property
    def points(self) -> tuple[Estimate, ...]:
        """Mean over the runs after each iteration, with its standard error and 95% interval."""
        return tuple(score_estimate(values) for values in zip(*self.runs, strict=True))

    @property
    def gains(self) -> tuple[float, ...]:
        """û(I_T) - û(I_0) of each run: paired, since both are measured on the same instances."""
        return tuple(run[-1] - run[0] for run in self.runs)

    @property
    def gain(self) -> Estimate:
        """Mean gain with its 95% interval over the runs."""
        return score_difference([run[-1] for run in self.runs], [run[0] for run in self.runs])

    def document(self) -> dict[str, object]:
        """The curve as data; fractions, not percent."""
        points = [{"t": t, **asdict(point)} for t, point in enumerate(self.points)]
        return {**asdict(self), "points": points, "gain": asdict(self.gain), "gains": self.gains}

    def sentence(self) -> str:
        """How test û changed over the runs, and whether chance alone may explain it."""
        gain, count = self.gain, len(self.runs)
        before, after = percent(self.points[0].mean), percent(self.points[-1].mean)
        under = f"under {self.selection} selection"
        if max(map(abs, self.gains)) < ROUNDING:
            runs = "every run" if count > 1 else "the run"
            return f"No change {under}: {runs} ended with the seed improver's test û on lpn, {before}%."
        verdict = ("No significant change", "Better", "Worse")[decided(gain)]
        few = too_few(gain, "run")
        chance = f"; {few}" if few else ""
        size = f"{quantity(count, 'run')} of {quantity(len(self.points) - 1, 'iteration')}"
        return f"{verdict} {under}: test û on lpn went from {before}% to {after}%, {points(gain)}, in {size}{chance}."

    def spent(self) -> str:
        """What the runs took."""
        gates = f", {self.gate_evaluations:,} of them for the comparisons of the gate" if self.gate_evaluations else ""
        calls = f"{quantity(self.lm_calls, 'LM call', ',')} and {quantity(self.evaluations, 'evaluation', ',')}"
        return f"{self.selection} selection: {calls}{gates} in {quantity(len(self.runs), 'run')}."


def curves_chart(
    curves: Sequence[Curve], printed: tuple[float, str], levels: Mapping[str, float] | None = None
) -> Chart:
    """Test û by iteration, with one standard error over the runs; `printed` is the paper's point at t = 0 with its words."""
    series = [Series(printed[1], [Point(0, printed[0])], 2)]
    for number, curve in enumerate(curves):
        points = [
            Point(t, one.mean, *((one.mean - one.stderr, one.mean + one.stderr) if one.stderr is not None else ()))
            for t, one in enumerate(curve.points)
        ]
        series.append(Series(f"{curve.selection} selection, n = {len(curve.runs)}", points, number, "line"))
    return Chart(series, "iteration t", "test meta-utility û", levels or {})


def curve_of(protocol: Protocol, selection: str, documents: Documents) -> Curve:
    """The finished runs of a protocol with one selection.

    Raises:
        KeyError, TypeError, ValueError: a document is not of such a run, or they differ in length.
    """
    finished = [documents[protocol.run_cell(selection, seed).name] for seed in protocol.seeds]
    means = [[float(step["test"]["mean"]) for step in document["iterations"]] for document in finished]
    longest = max(map(len, means), default=0)
    for values, document in zip(means, finished, strict=True):
        if document.get("detail"):  # it ended early because nothing could be gained: its improver stays
            values += values[-1:] * (longest - len(values))
    runs = tuple(map(tuple, means))
    if len({len(run) for run in runs}) != 1 or not runs[0]:
        raise ValueError("runs of different lengths")
    steps = [step for document in finished for step in document["iterations"]]
    return Curve(
        selection,
        tuple(protocol.seeds),
        runs,
        sum(int(step["lm_calls"]) for step in steps),
        sum(int(step["evaluations"]) for step in steps),
        sum(int((step.get("gate") or {}).get("evaluations", 0)) for step in steps),
    )


def sentence_of(curves: Sequence[Curve]) -> str:
    """One sentence for each selection."""
    return " ".join(curve.sentence() for curve in curves)


def points(difference: Estimate) -> str:
    """`+3.2 points (95% interval +1.0 to +5.4)`; without the interval if there is none."""
    interval, size = difference.interval, f"{percent(difference.mean, signed=True)} points"
    return size if interval is None or no_width(interval) else f"{size} (95% interval {span(interval, signed=True)})"
