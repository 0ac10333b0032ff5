"""Figure 4, middle and right (§5.3): the same with a weak model, 25 runs, by the paper's selection and by a gated one.

The paper's models, GPT-3.5 and Mixtral, degrade. Both selections have the same seeds, so the same instances and the same I_0:
differences between them are paired, run by run.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from strop.analysis.stats import Estimate, bca_interval, paired_difference, wilson_interval
from strop.base.randomness import derive
from strop.report.figures.gains import draw_gains
from strop.report.terminal.words import no_width, quantity
from strop.reproduce.cells import Cell, Documents
from strop.reproduce.curves import NOT_PRINTED, ROUNDING, Curve, curve_of, points, sentence_of
from strop.reproduce.protocol import Models, Protocol, Result, model_of
from strop.reproduce.tables import Table, percent, span, with_stderr
from strop.runs.options import Whole
from strop.runs.run_directory import save

RUNS = 25
SELECTIONS = ("paper", "gated")
ENOUGH = 0.03
"""A run gains if û(I_T) - û(I_0) is at least this, in utility: the paper's "at least a 3% improvement"."""
FLOOR_FILES = ("noise.json", "noise/noise.json")
"""Where a protocol's directory may have the noise floor."""
NO_FLOOR = "No noise floor: `strop eval seed --noise 20 --task lpn --model MODEL --out DIRECTORY/noise` adds it."

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
class Floor:
    """How far a mean gain may lie from 0 when nothing is gained."""

    single: float
    """Of one difference of two û: the same improver against itself exceeds it in 5% of cases."""
    runs: int

    @property
    def mean(self) -> float:
        """Of the mean over the runs."""
        return self.single / math.sqrt(self.runs)

    def note(self) -> str:
        """What it is and where it comes from."""
        return (
            f"Noise floor: the difference of two û of one improver exceeds {percent(self.single)} points in 5% of cases "
            f"(`strop eval --noise`, training split); a mean of {self.runs} such differences, as independent ones, "
            f"{percent(self.mean)} points."
        )


def floor_of(directory: Path, task: str, model: str, copies: int, runs: int) -> Floor | None:
    """The floor of a mean gain over `runs` runs; None if it was not measured on this task, model and number of copies."""
    for name in FLOOR_FILES:
        try:
            document = json.loads((directory / name).read_text(encoding="utf-8"))
            if (document["model"], document["copies"]) == (model, copies):
                return Floor(float(next(one["floor"] for one in document["tasks"] if one["task"] == task)), runs)
        except (OSError, ValueError, KeyError, TypeError, StopIteration):
            continue
    return None


@dataclass(frozen=True)
class Fig4WeakResult(Result):
    """The curves of both selections, from the same seeds."""

    paper: Curve
    gated: Curve
    floor: Floor | None
    """None if `strop eval --noise` did not measure it."""

    @property
    def curves(self) -> tuple[Curve, Curve]:
        return self.paper, self.gated

    @property
    def difference(self) -> Estimate:
        """û(I_T) under `gated` minus that under `paper`, paired by run, with Student's t 95% interval."""
        return paired_difference([run[-1] for run in self.gated.runs], [run[-1] for run in self.paper.runs])

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
            ("selection", "mean gain", "95%", "95%, BCa", f"runs with +{100 * ENOUGH:.0f}", "95%"),
            (*map(_gain_row, self.curves), ("paper, GPT-3.5", "degrades", "-", "-", *PAPER_GAINING.cells())),
            f"Gain of a run, û(I_T) - û(I_0), points, and share of runs that gain {100 * ENOUGH:.0f} or more, percent",
        )
        return [by_iteration, gains]

    def notes(self) -> list[str]:
        return [
            *self.verdicts()[len(self.curves) :],
            "± is one standard error over the runs; 95% intervals are Student's t over the runs, those of shares Wilson's. "
            "Of its curves the paper prints the seed's 65%, and that 12% of 25 runs gain 3%, whose interval is computed "
            "here; it does not say whether its 3% are points or relative: here they are points.",
            *(curve.spent() for curve in self.curves),
            self.floor.note() if self.floor else NO_FLOOR,
        ]

    def verdicts(self) -> list[str]:
        """One sentence for each selection, one on their difference, and one for each selection beside the noise floor."""
        paired = f"{points(self.difference)}, paired by run"
        verdicts = [curve.sentence() for curve in self.curves]
        verdicts.append(f"After the last iteration, {_which_is_higher(self.difference)}: {paired}.")
        if (floor := self.floor) is not None:
            for curve in self.curves:
                fell = "fell by more than" if curve.gain.mean < -floor.mean else "did not fall by more than"
                verdicts.append(
                    f"Under {curve.selection} selection û {fell} the noise floor of {percent(floor.mean)} points."
                )
        return verdicts

    def document(self) -> dict[str, object]:
        curves: list[Mapping[str, object]] = [
            {
                **curve.document(),
                "gain_bca": bca and list(bca),
                "gaining": {"least": ENOUGH, **_share_document(share)},
            }
            for curve in self.curves
            for bca, share in [(_bca(curve.gains), _gaining(curve.gains))]
        ]
        return {
            "curves": curves,
            "gated_less_paper": asdict(self.difference),
            "noise_floor": self.floor and {"mean": self.floor.mean, "single": self.floor.single},
            "verdicts": self.verdicts(),
            "paper": {
                "model": "GPT-3.5",
                "runs": PAPER_GAINING.n,
                "points": [{"t": 0, "mean": PAPER_SEED, "approximate": True}],
                "gaining": _share_document(PAPER_GAINING),
            },
        }

    def draw(self, directory: Path) -> list[Path]:
        printed = (PAPER_SEED, f"paper, GPT-3.5: {percent(PAPER_SEED)}%")
        floor = None if self.floor is None else self.floor.mean
        return draw_gains(self.curves, directory, "fig4-weak", printed, floor, self.notice)

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


def _bca(gains: Sequence[float]) -> tuple[float, float] | None:
    """BCa bootstrap 95% interval of the mean gain; None for a single run, or gains that are all equal."""
    if len(gains) < 2 or max(gains) - min(gains) < ROUNDING:
        return None
    return bca_interval(gains, rng=np.random.default_rng(derive(b"strop", "fig4-weak")))


def _gaining(gains: Sequence[float]) -> Share:
    return Share(sum(gain >= ENOUGH - ROUNDING for gain in gains), len(gains))


def _gain_row(curve: Curve) -> tuple[str, ...]:
    mean_gain, t_interval = percent(curve.gain.mean, signed=True), span(curve.gain.interval, signed=True)
    bca = span(_bca(curve.gains), signed=True)
    return curve.selection, mean_gain, t_interval, bca, *_gaining(curve.gains).cells()


def _share_document(share: Share) -> dict[str, object]:
    return {"count": share.count, "n": share.n, "interval": list(share.interval)}


def _which_is_higher(difference: Estimate) -> str:
    interval = difference.interval
    if interval is None or no_width(interval) or interval[0] <= 0 <= interval[1]:
        return "û does not differ significantly between gated and paper selection"
    return f"û is {'higher' if interval[0] > 0 else 'lower'} under gated selection than under paper selection"


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
        floor = floor_of(self.directory, "lpn", model, self.copies, self.runs)
        return Fig4WeakResult(model, is_language_model, paper, gated, floor)
