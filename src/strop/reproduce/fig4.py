"""Figure 4 (§5.1, §5.3): test meta-utility on learning parity with noise by iteration, mean ± 1 standard error over the runs.

`fig4`, left: 5 runs by the paper's selection. `fig4-weak`, middle and right: a weak model, 25 runs by the paper's selection and
by a gated one. The paper's models, GPT-3.5 and Mixtral, degrade. All selections have the same seeds, so the same instances and
the same I_0: differences between them are paired, run by run.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TypeAlias

from strop.analysis.stats import Estimate, decided, least_pairs, score_difference, score_estimate
from strop.analysis.unsandboxing import Rate
from strop.api.cells import Cell, CellResult
from strop.base.as_document import computed
from strop.base.errors import StoreError
from strop.base.from_json import read_json
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.options.protocols import Fig4Options, Fig4WeakOptions
from strop.report.chart import Chart, Point, Series
from strop.reproduce.baselines import LINES, PaperValue, with_errors
from strop.reproduce.protocol import MEASURING, Protocol
from strop.reproduce.reproduction import Reproduction, Table, span, with_stderr
from strop.runs.claims.numbers import no_width, percent, too_few
from strop.runs.results.trained import Trained

NOT_PRINTED = "not printed"
"""Printed in place of a value that the paper shows only in a figure."""
ROUNDING = 1e-9


@dataclass(frozen=True)
class Curve:
    """The runs of one selection. It is a row of `fig4` and `fig4-weak`."""

    selection: str
    """The rule that replaced improvers: `paper`, `gated` or `archive`."""
    seeds: tuple[int, ...]
    """The seed of each run."""
    runs: tuple[tuple[float, ...], ...]
    """û of I_0, I_1, … I_T on the held-out split in each run, from 0 to 1. A run that ended early keeps its last
    improver."""
    iterations: tuple[int, ...]
    """Number of iterations that each run made. It is T unless the run ended early."""
    lm_calls: int
    """LM calls of all runs, with those of their measurements."""
    evaluations: int
    """Evaluations of programs in all runs."""
    gate_evaluations: int
    """Those of `evaluations` that the gates took. 0 for a selection without a gate."""

    @computed
    def points(self) -> tuple[Estimate, ...]:
        """Mean over the runs after each iteration, with its standard error and 95% interval."""
        return tuple(score_estimate(values) for values in zip(*self.runs, strict=True))

    @computed
    def gains(self) -> tuple[float, ...]:
        """û of I_T minus û of I_0 in each run, on the same instances."""
        return tuple(run[-1] - run[0] for run in self.runs)

    @computed
    def gain(self) -> Estimate:
        """Mean of `gains`, with its 95% interval over the runs."""
        return score_difference([run[-1] for run in self.runs], [run[0] for run in self.runs])

    @computed
    def gaining(self) -> Rate:
        """How many runs gained 0.03 or more."""
        return Rate(sum(gain >= ENOUGH - ROUNDING for gain in self.gains), len(self.gains))

    def sentence(self) -> str:
        """How held-out û changed over the runs, and whether chance alone may explain it."""
        gain, count = self.gain, len(self.runs)
        before, after = percent(self.points[0].mean), percent(self.points[-1].mean)
        under = f"under {self.selection} selection"
        if max(map(abs, self.gains)) < ROUNDING:
            runs = "every run" if count > 1 else "the run"
            return f"No change {under}: {runs} ended with the seed improver's held-out û on lpn, {before}%."
        verdict = ("No significant change", "Better", "Worse")[decided(gain)]
        few = too_few(gain, "runs", least_pairs())
        chance = f"; {few}" if few else ""
        size = f"{quantity(count, 'run')} of {quantity(len(self.points) - 1, 'iteration')}"
        early = sum(made < len(self.points) - 1 for made in self.iterations)
        size += f", {early} of which ended early and keep their last improver" if early else ""
        return (
            f"{verdict} {under}: held-out û on lpn went from {before}% to {after}%, {points(gain)}, in {size}{chance}."
        )

    def table(self) -> Table:
        """Run by run."""
        rows = (
            (str(seed), str(made), *map(percent, run), percent(gain, signed=True))
            for seed, made, run, gain in zip(self.seeds, self.iterations, self.runs, self.gains, strict=True)
        )
        headings = ("seed", "iterations", *(f"t = {t}" for t in range(len(self.points))), "gain")
        return Table(headings, tuple(rows), f"Single runs, {self.selection} selection: test meta-utility, percent")

    def spent(self) -> str:
        """The LM calls and evaluations of the runs, in a sentence."""
        gates = f", {self.gate_evaluations:,} of them for the comparisons of the gate" if self.gate_evaluations else ""
        calls = f"{quantity(self.lm_calls, 'LM call', ',')} and {quantity(self.evaluations, 'evaluation', ',')}"
        return f"{self.selection} selection: {calls}{gates} in {quantity(len(self.runs), 'run')}."


def curves_chart(
    curves: Sequence[Curve], printed: tuple[float, str], levels: Mapping[str, float] | None = None
) -> Chart:
    """Test û by iteration, with one standard error over the runs. `printed`: the paper's value at t = 0, and its label."""
    series = [Series(printed[1], [Point(0, printed[0])], 2)]
    for number, curve in enumerate(curves):
        label = f"{curve.selection} selection, n = {len(curve.runs)}"
        series.append(Series(label, with_errors(curve.points), number, "line"))
    return Chart(series, "iteration t", "test meta-utility û", levels or {})


def curve_of(seeds: Sequence[int], selection: str, iterations: int, results: Sequence[CellResult]) -> Curve:
    """The curve of one selection from its finished runs, which stand in `results` in the order of the `seeds`.

    Raises:
        StoreError: a run lacks iterations, or a measurement.
    """
    finished = [run for run in results if isinstance(run, Trained) and run.selection == selection]
    means = [[step.test.mean for step in run.iterations if step.test] for run in finished]
    made = tuple(len(values) - 1 for values in means)
    for values, run in zip(means, finished, strict=True):
        if run.detail:  # the run ended early because nothing could be gained: its improver stays
            values += values[-1:] * (iterations + 1 - len(values))
        if len(values) != iterations + 1:
            raise StoreError(f"{run.directory} lacks iterations; remove it and run the command again")
    steps = [step for run in finished for step in run.iterations]
    return Curve(
        selection,
        tuple(seeds),
        tuple(map(tuple, means)),
        made,
        sum(step.lm_calls for step in steps),
        sum(step.evaluations for step in steps),
        sum(step.gate.evaluations for step in steps if step.gate),
    )


def points(difference: Estimate) -> str:
    """`+3.2 points (95% interval +1.0 to +5.4)`; without the interval if there is none."""
    interval, size = difference.interval, f"{percent(difference.mean, signed=True)} points"
    return size if interval is None or no_width(interval) else f"{size} (95% interval {span(interval, signed=True)})"


PAPER_SEED = PaperValue(0.61)
"""û(I_0) with GPT-4 (§5.3); the paper prints no other point of the figure as a number."""
Baseline: TypeAlias = tuple[str, Estimate | None, PaperValue | None]
"""(title, our value, the paper's) of a baseline of §5.1. Ours is None unless `strop reproduce baselines` ran in the directory."""


@dataclass(frozen=True, kw_only=True)
class Fig4(Fig4Options, Protocol):
    """Figure 4, left."""

    name = "fig4"
    heading = "Figure 4 (left): test meta-utility by iteration"

    def cells(self) -> list[Cell]:
        return [self.run_cell(selection, seed) for selection in self._selections for seed in self.seeds]

    def result(self, results: Sequence[CellResult]) -> Reproduction[Curve]:
        facts = self.facts(results)
        curves = [curve_of(self.seeds, selection, self.iterations, results) for selection in self._selections]
        baselines, why_not = self._baselines(facts["model"])
        notes = (
            "The paper prints one point of its figure as a number, the seed improver's (§5.3), and says that one to three "
            "rounds of self-improvement help (§5.1). The other points are not read off the figure.",
            *(curve.spent() for curve in curves),
            *([why_not] if why_not else []),
        )
        levels = {title.replace(", equal budget", ""): ours.mean for title, ours, _ in baselines if ours}
        chart = curves_chart(curves, (PAPER_SEED.mean, f"paper, GPT-4: {PAPER_SEED}%"), levels)
        return Reproduction(
            **facts,
            sentence=" ".join(curve.sentence() for curve in curves),
            rows=tuple(curves),
            tables=_tables(curves, baselines),
            notes=notes,
            chart=(chart, "Markers: mean over n runs; bars: ± 1 standard error over the runs."),
        )

    @property
    def _selections(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.selections))

    def _baselines(self, model: str) -> tuple[list[Baseline], str]:
        """(the paper's baselines with ours, why ours are missing). Ours count only if they were measured with these options."""
        ours = dict[str, Estimate]()
        why_not = "To add our own baselines, run `strop reproduce baselines` in the same directory, then this again."
        here = {"model": model} | {name: getattr(self, name) for name in (*MEASURING, "instances")}
        with suppress(OSError, ValueError, KeyError, TypeError):
            document = read_json((self.directory / "baselines.json").read_text(encoding="utf-8"))
            there = document["options"] | {"model": document["model"]}
            other = [f"--{n.replace('_', '-')} {there[n]} (here {own})" for n, own in here.items() if there[n] != own]
            rows = [] if other else [(row["title"], row["test"]) for row in document["rows"] if row["test"]]
            ours = {title: Estimate(float(t["mean"]), t["stderr"], int(t["n"])) for title, t in rows}
            reason = f"The baselines of baselines.json are not shown: they are of {', '.join(other)}."
            why_not = reason if other else ""
        return [(title, ours.get(title), paper) for title, _, _, paper in LINES if title != "seed improver"], why_not


def _tables(curves: Sequence[Curve], baselines: Sequence[Baseline]) -> tuple[Table, ...]:
    """The curves beside the paper's, the baselines, and the single runs."""
    points = Table(
        ("iteration", *(f"{curve.selection} selection" for curve in curves), "paper, GPT-4"),
        tuple(
            (str(t), *map(with_stderr, ours), NOT_PRINTED if t else str(PAPER_SEED))
            for t, ours in enumerate(zip(*(curve.points for curve in curves), strict=True))
        ),
        f"Test meta-utility, percent: mean ± 1 standard error over {quantity(len(curves[0].runs), 'run')}",
    )
    baselines_table = Table(
        ("baseline", "here", "paper, GPT-4"),
        tuple((title, with_stderr(ours), str(paper or "-")) for title, ours, paper in baselines),
        "Baselines, percent: mean ± 1 standard error over the runs of baselines.json (the paper: ten)",
    )
    return (points, baselines_table, *(curve.table() for curve in curves))


SELECTIONS = ("paper", "gated")
ENOUGH = 0.03
"""A run gains if û(I_T) - û(I_0) is at least this, in utility: the paper's "at least a 3% improvement"."""
PAPER_WEAK_SEED = 0.65
"""û(I_0) with GPT-3.5 (§5.3)."""


PAPER_GAINING = Rate(3, 25)
"""12% of 25 runs (§5.3)."""


def _weak_tables(curves: Sequence[Curve]) -> tuple[Table, ...]:
    """The curves, the gains and the share of runs that gain, beside the paper's."""
    by_iteration = Table(
        ("t", *(heading for curve in curves for heading in (curve.selection, "95%")), "paper, GPT-3.5"),
        tuple(
            (
                str(t),
                *(cell for point in ours for cell in (with_stderr(point), span(point.interval))),
                NOT_PRINTED if t else percent(PAPER_WEAK_SEED),
            )
            for t, ours in enumerate(zip(*(curve.points for curve in curves), strict=True))
        ),
        "Test meta-utility by iteration and selection, percent: mean ± 1 standard error over "
        f"{quantity(len(curves[0].runs), 'run')}",
    )
    gains = Table(
        ("selection", "mean gain", "95%", f"runs with +{100 * ENOUGH:.0f}", "95%"),
        (*map(_gain_row, curves), ("paper, GPT-3.5", "degrades", "-", *_share(PAPER_GAINING))),
        f"Gain of a run, û(I_T) - û(I_0), points, and share of runs that gain {100 * ENOUGH:.0f} or more, percent",
    )
    return (by_iteration, gains)


def _single_runs(curves: Sequence[Curve]) -> str:
    """CSV with one line for each run and iteration."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("selection", "seed", "t", "test_meta_utility"))
    for curve in curves:
        for seed, run in zip(curve.seeds, curve.runs, strict=True):
            writer.writerows((curve.selection, seed, t, repr(value)) for t, value in enumerate(run))
    return text.getvalue()


def _share(rate: Rate) -> tuple[str, str]:
    return f"{rate.count} of {rate.n}: {percent(rate.count / rate.n)}", span(rate.interval)


def _gain_row(curve: Curve) -> tuple[str, ...]:
    gain = curve.gain
    change = percent(gain.mean, signed=True), span(gain.interval, signed=True)
    return curve.selection, *change, *_share(curve.gaining)


@dataclass(frozen=True, kw_only=True)
class Fig4Weak(Fig4WeakOptions, Protocol):
    """Figure 4, middle and right."""

    name = "fig4-weak"
    heading = "Figure 4 (middle and right): test meta-utility by iteration with a weak model"

    def cells(self) -> list[Cell]:
        """One run for each seed and selection; those of a seed stand together, so that unfinished work has pairs."""
        return [self.run_cell(selection, seed) for seed in self.seeds for selection in SELECTIONS]

    def result(self, results: Sequence[CellResult]) -> Reproduction[Curve]:
        curves = [curve_of(self.seeds, selection, self.iterations, results) for selection in SELECTIONS]
        paper, gated = ([run[-1] for run in curve.runs] for curve in curves)
        difference = score_difference(gated, paper)  # paired by run
        sign = decided(difference)
        higher = f"û is {'higher' if sign > 0 else 'lower'} under gated selection than under paper selection"
        comparison = higher if sign else "û does not differ significantly between gated and paper selection"
        last = f"After the last iteration, {comparison}: {points(difference)}, paired by run."
        notes = (
            last,
            "± is one standard error over the runs; 95% intervals are over the runs, those of shares Wilson's. "
            "Of its curves the paper prints the seed's 65%, and that 12% of 25 runs gain 3%, whose interval is computed "
            "here; it does not say whether its 3% are points or relative: here they are points.",
            *(curve.spent() for curve in curves),
        )
        chart = curves_chart(curves, (PAPER_WEAK_SEED, f"paper, GPT-3.5: {percent(PAPER_WEAK_SEED)}%"))
        caption = (
            "Markers: mean over n runs; bars: ± 1 standard error over the runs. fig4-weak.csv has the single runs."
        )
        return Reproduction(
            **self.facts(results),
            sentence=" ".join(curve.sentence() for curve in curves),
            rows=tuple(curves),
            differences={"gated - paper": difference},
            tables=_weak_tables(curves),
            notes=notes,
            chart=(chart, caption),
            files={"fig4-weak.csv": _single_runs(curves)},
        )
