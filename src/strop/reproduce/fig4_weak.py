"""Figure 4, middle and right (§5.3): the same with a weak model, 25 runs, by the paper's selection and by a gated one.

The paper's models, GPT-3.5 and Mixtral, degrade. Both selections have the same seeds, so the same instances and the same I_0:
differences between them are paired, run by run.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from strop.analysis.stats import Estimate, decided, score_difference, wilson_interval
from strop.base.pluralize import quantity
from strop.report.chart import Chart
from strop.reproduce.cells import Cell, Documents
from strop.reproduce.curves import NOT_PRINTED, ROUNDING, Curve, curve_of, curves_chart, points, sentence_of
from strop.reproduce.protocol import Models, Protocol, Result, model_of
from strop.reproduce.tables import Table, span, with_stderr
from strop.runs.claims.numbers import percent
from strop.runs.options import Whole
from strop.runs.run_directory import save

RUNS = 25
SELECTIONS = ("paper", "gated")
ENOUGH = 0.03
"""A run gains if û(I_T) - û(I_0) is at least this, in utility: the paper's "at least a 3% improvement"."""
PAPER_SEED = 0.65
"""û(I_0) with GPT-3.5 (§5.3)."""


@dataclass(frozen=True)
class Share:
    """How many runs gain."""

    count: int
    n: int

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95% interval."""
        return wilson_interval(self.count, self.n)

    def cells(self) -> tuple[str, str]:
        """The share and its interval in a table."""
        return f"{self.count} of {self.n}: {percent(self.count / self.n)}", span(self.interval)


PAPER_GAINING = Share(3, 25)
"""12% of 25 runs (§5.3)."""


@dataclass(frozen=True)
class Fig4WeakResult(Result):
    """The curves of both selections, from the same seeds."""

    paper: Curve
    gated: Curve

    @property
    def curves(self) -> tuple[Curve, Curve]:
        return self.paper, self.gated

    @property
    def difference(self) -> Estimate:
        """û(I_T) under `gated` minus that under `paper`, paired by run, with its 95% interval."""
        return score_difference([run[-1] for run in self.gated.runs], [run[-1] for run in self.paper.runs])

    def sentence(self) -> str:
        return sentence_of(self.curves)

    def tables(self) -> list[Table]:
        """The curves, the gains and the share of runs that gain, beside the paper's."""
        by_iteration = Table(
            ("t", *(heading for curve in self.curves for heading in (curve.selection, "95%")), "paper, GPT-3.5"),
            tuple(
                (
                    str(t),
                    *(cell for point in ours for cell in (with_stderr(point), span(point.interval))),
                    NOT_PRINTED if t else percent(PAPER_SEED),
                )
                for t, ours in enumerate(zip(self.paper.points, self.gated.points, strict=True))
            ),
            "Test meta-utility by iteration and selection, percent: mean ± 1 standard error over "
            f"{quantity(len(self.paper.runs), 'run')}",
        )
        gains = Table(
            ("selection", "mean gain", "95%", f"runs with +{100 * ENOUGH:.0f}", "95%"),
            (*map(_gain_row, self.curves), ("paper, GPT-3.5", "degrades", "-", *PAPER_GAINING.cells())),
            f"Gain of a run, û(I_T) - û(I_0), points, and share of runs that gain {100 * ENOUGH:.0f} or more, percent",
        )
        return [by_iteration, gains]

    def notes(self) -> list[str]:
        return [
            *self.verdicts()[len(self.curves) :],
            "± is one standard error over the runs; 95% intervals are over the runs, those of shares Wilson's. "
            "Of its curves the paper prints the seed's 65%, and that 12% of 25 runs gain 3%, whose interval is computed "
            "here; it does not say whether its 3% are points or relative: here they are points.",
            *(curve.spent() for curve in self.curves),
        ]

    def verdicts(self) -> list[str]:
        """One sentence for each selection, and one on their difference."""
        paired = f"{points(self.difference)}, paired by run"
        verdicts = [curve.sentence() for curve in self.curves]
        verdicts.append(f"After the last iteration, {_which_is_higher(self.difference)}: {paired}.")
        return verdicts

    def document(self) -> dict[str, object]:
        curves: list[Mapping[str, object]] = [
            {
                **curve.document(),
                "gaining": {"least": ENOUGH, **_share_document(_gaining(curve.gains))},
            }
            for curve in self.curves
        ]
        return {
            "curves": curves,
            "gated_less_paper": asdict(self.difference),
            "verdicts": self.verdicts(),
            "paper": {
                "model": "GPT-3.5",
                "runs": PAPER_GAINING.n,
                "points": [{"t": 0, "mean": PAPER_SEED, "approximate": True}],
                "gaining": _share_document(PAPER_GAINING),
            },
        }

    def chart(self) -> tuple[Chart, str]:
        """The curves of both selections and the paper's point."""
        chart = curves_chart(self.curves, (PAPER_SEED, f"paper, GPT-3.5: {percent(PAPER_SEED)}%"))
        return (
            chart,
            "Markers: mean over n runs; bars: ± 1 standard error over the runs. fig4-weak.csv has the single runs.",
        )

    def save_data(self, directory: Path) -> list[Path]:
        """Write fig4-weak.csv, with one line for each run and iteration."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("selection", "seed", "t", "test_meta_utility"))
        for curve in self.curves:
            for seed, run in zip(curve.seeds, curve.runs, strict=True):
                writer.writerows((curve.selection, seed, t, repr(value)) for t, value in enumerate(run))
        path = directory / "fig4-weak.csv"
        save(path, text.getvalue())
        return [path]


def _gaining(gains: Sequence[float]) -> Share:
    return Share(sum(gain >= ENOUGH - ROUNDING for gain in gains), len(gains))


def _gain_row(curve: Curve) -> tuple[str, ...]:
    gain = curve.gain
    change = percent(gain.mean, signed=True), span(gain.interval, signed=True)
    return curve.selection, *change, *_gaining(curve.gains).cells()


def _share_document(share: Share) -> dict[str, object]:
    return {"count": share.count, "n": share.n, "interval": list(share.interval)}


def _which_is_higher(difference: Estimate) -> str:
    shown = decided(difference)
    if not shown:
        return "û does not differ significantly between gated and paper selection"
    return f"û is {'higher' if shown > 0 else 'lower'} under gated selection than under paper selection"


@dataclass(frozen=True, kw_only=True)
class Fig4Weak(Protocol):
    """Figure 4, middle and right."""

    name = "fig4-weak"
    heading = "Figure 4 (middle and right): test meta-utility by iteration with a weak model"

    model: Models = ("offline:skill=0.1",)
    """The language model. The default is the offline proposer at a skill at which most of its proposals do harm."""
    runs: Whole = RUNS
    """Independent runs for each of the two selections, from the same seeds."""

    def cells(self) -> list[Cell]:
        """One run for each seed and selection; those of a seed stand together, so that unfinished work has pairs."""
        return [self.run_cell(selection, seed) for seed in self.seeds for selection in SELECTIONS]

    def result(self, documents: Documents) -> Fig4WeakResult:
        model, is_language_model = model_of(documents)
        paper, gated = (curve_of(self, selection, documents) for selection in SELECTIONS)
        return Fig4WeakResult(model, is_language_model, paper, gated)
