"""Figure 4, middle and right (§5.3): the same with a weak model, 25 runs, by the paper's selection and by a gated one.

The paper has GPT-3.5 and Mixtral, which degrade. Both selections here have the same seeds, so the same instances and the same
I_0: differences between them are paired, run by run.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from strop.analysis.stats import Estimate, bca_interval, paired_difference, wilson_interval
from strop.base.randomness import derive
from strop.report.figures.gains import draw_gains
from strop.report.terminal.words import no_width, notice_of, quantity
from strop.reproduce.cells import Cell
from strop.reproduce.fig4 import NOT_PRINTED, spent
from strop.reproduce.pages import Table, percent, span, with_stderr
from strop.reproduce.protocol import Documents, Options, Protocol, model_of, run_cell
from strop.reproduce.values.curves import Curve, change_in, curve, curve_document, points
from strop.reproduce.values.floor import Floor, floor_of
from strop.runs.journal import save

RUNS = 25
LM = "offline:skill=0.1"
SELECTIONS = ("paper", "gated")
ENOUGH = 0.03
"""A run gains when û(I_T) - û(I_0) is this much or more, in utility: the paper's "at least a 3% improvement"."""
_ROUNDING = 1e-9
NO_FLOOR = "No noise floor: `strop eval seed --noise 20 --task lpn --model MODEL --out DIRECTORY/noise` adds it."

PAPER_SEED = 0.65
"""û(I_0) with GPT-3.5 (§5.3)."""
PRINTED = {0: percent(PAPER_SEED)}
PAPER_GAINING = (3, 25)
"""12% of 25 runs (§5.3)."""


@dataclass(frozen=True)
class Share:
    """How many runs gain."""

    count: int
    n: int
    interval: tuple[float, float]
    """Wilson's 95% interval."""


@dataclass(frozen=True)
class Fig4Weak:
    """The figure, for one model."""

    model: str
    is_language_model: bool
    curves: tuple[Curve, ...]
    """`paper` and `gated`, from the same seeds."""
    bca: tuple[tuple[float, float] | None, ...]
    """BCa bootstrap 95% interval of each curve's mean gain; None for a single run."""
    gaining: tuple[Share, ...]
    difference: Estimate
    """û(I_T) under `gated` less that under `paper`, paired by run, with Student's t 95% interval."""
    floor: Floor | None
    """How far a mean gain over so many runs may lie from 0 by chance, where `strop eval --noise` measured it (see `floor`)."""


def cells(options: Options) -> list[Cell]:
    """One run a seed and selection; those of a seed beside one another, so that a run that is cut short has pairs."""
    return [run_cell(options, selection, seed) for seed in options.seeds for selection in SELECTIONS]


def result(options: Options, documents: Documents) -> Fig4Weak:
    """The curves and what is said of them."""
    curves = tuple(
        curve(name, options.seeds, [documents[run_cell(options, name, seed).name] for seed in options.seeds])
        for name in SELECTIONS
    )
    paper, gated = ([run[-1] for run in each.runs] for each in curves)
    model, is_language_model = model_of(documents)
    return Fig4Weak(
        model,
        is_language_model,
        curves,
        tuple(_bca(each.gains) for each in curves),
        tuple(_gaining(each.gains) for each in curves),
        paired_difference(gated, paper),
        floor_of(options.directory, "lpn", model, options.copies, options.runs),
    )


def _bca(gains: Sequence[float]) -> tuple[float, float] | None:
    if len(gains) < 2 or max(gains) - min(gains) < _ROUNDING:
        return None
    return bca_interval(gains, rng=np.random.default_rng(derive(b"strop", "fig4-weak")))


def _gaining(gains: Sequence[float]) -> Share:
    count = sum(gain >= ENOUGH - _ROUNDING for gain in gains)
    return Share(count, len(gains), wilson_interval(count, len(gains)))


def tables(found: Fig4Weak) -> list[Table]:
    """The curves, the gains and the share of runs that gain, beside the paper's."""
    n = len(found.curves[0].runs)
    count, papers_n = PAPER_GAINING
    by_iteration = Table(
        ("t", *(word for each in found.curves for word in (each.selection, "95%")), "paper, GPT-3.5"),
        tuple(
            (str(t), *(word for each in found.curves for word in _words(each.points[t])), PRINTED.get(t, NOT_PRINTED))
            for t in range(len(found.curves[0].points))
        ),
        f"Test meta-utility by iteration and selection, percent: mean ± 1 standard error over {quantity(n, 'run')}",
    )
    gains = Table(
        ("selection", "mean gain", "95%", "95%, BCa", f"runs with +{100 * ENOUGH:.0f}", "95%"),
        (
            *(
                _gain_row(each, bca, share)
                for each, bca, share in zip(found.curves, found.bca, found.gaining, strict=True)
            ),
            ("paper, GPT-3.5", "degrades", "-", "-", *_share(Share(count, papers_n, wilson_interval(count, papers_n)))),
        ),
        f"Gain of a run, û(I_T) - û(I_0), points, and share of runs that gain {100 * ENOUGH:.0f} or more, percent",
    )
    return [by_iteration, gains]


def _words(point: Estimate) -> tuple[str, str]:
    return with_stderr(point), span(point.interval)


def _gain_row(of: Curve, bca: tuple[float, float] | None, share: Share) -> tuple[str, ...]:
    gain = of.gain
    mean_gain = percent(gain.mean, signed=True)
    return of.selection, mean_gain, span(gain.interval, signed=True), span(bca, signed=True), *_share(share)


def _share(share: Share) -> tuple[str, str]:
    return f"{share.count} of {share.n}: {percent(share.count / share.n)}", span(share.interval)


def notes(found: Fig4Weak) -> list[str]:
    """How the selections differ, and what the intervals are."""
    return [
        *verdicts(found)[len(found.curves) :],
        "± is one standard error over the runs; 95% intervals are Student's t over the runs, those of shares Wilson's. The paper "
        "prints no point of its curves but the seed's 65%, and 12% of 25 runs that gain 3%, whose interval is computed here; it "
        "does not say whether its 3% are points or relative: points here.",
        *(spent(each) for each in found.curves),
        found.floor.words if found.floor else NO_FLOOR,
    ]


def sentence(found: Fig4Weak) -> str:
    """What the iterations changed, a sentence for each selection."""
    return " ".join(map(change_in, found.curves))


def verdicts(found: Fig4Weak) -> list[str]:
    """One sentence for each selection, one on their difference, one for each selection beside the noise floor."""
    by = f"{points(found.difference)}, paired by run"
    said = [*map(change_in, found.curves), f"After the last iteration, {_which_is_higher(found.difference)}: {by}."]
    return [*said, *(_beside(each, found.floor) for each in found.curves if found.floor)]


def _which_is_higher(difference: Estimate) -> str:
    interval = difference.interval
    if interval is None or no_width(interval) or interval[0] <= 0 <= interval[1]:
        return "û does not differ significantly between gated and paper selection"
    return f"û is {'higher' if interval[0] > 0 else 'lower'} under gated selection than under paper selection"


def _beside(of: Curve, floor: Floor) -> str:
    fell = "fell by more than" if of.gain.mean < -floor.reach else "did not fall by more than"
    return f"Under {of.selection} selection û {fell} the noise floor of {percent(floor.reach)} points."


def document(found: Fig4Weak) -> dict[str, object]:
    """The same as data."""
    curves: list[Mapping[str, object]] = [
        {
            **curve_document(each),
            "gain_bca": None if bca is None else list(bca),
            "gaining": {"least": ENOUGH, "count": share.count, "n": share.n, "interval": list(share.interval)},
        }
        for each, bca, share in zip(found.curves, found.bca, found.gaining, strict=True)
    ]
    count, n = PAPER_GAINING
    return {
        "curves": curves,
        "gated_less_paper": asdict(found.difference),
        "noise_floor": None if found.floor is None else {"mean": found.floor.reach, "single": found.floor.single},
        "verdicts": verdicts(found),
        "paper": {
            "model": "GPT-3.5",
            "runs": n,
            "points": [{"t": 0, "mean": PAPER_SEED, "approximate": True}],
            "gaining": {"count": count, "n": n, "interval": list(wilson_interval(count, n))},
        },
    }


def draw(found: Fig4Weak, directory: Path) -> list[Path]:
    """fig4-weak.svg, fig4-weak.png and fig4-weak.csv."""
    notice = notice_of(found.model, found.is_language_model)
    reach = None if found.floor is None else found.floor.reach
    seed_words = f"paper, GPT-3.5: {percent(PAPER_SEED)}%"
    drawn = draw_gains(found.curves, directory, "fig4-weak", (PAPER_SEED, seed_words), reach, notice)
    return [*drawn, _write_csv(found.curves, directory / "fig4-weak.csv")]


def _write_csv(curves: Sequence[Curve], path: Path) -> Path:
    """One line a run and iteration: selection, seed, t, test û."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("selection", "seed", "t", "test_meta_utility"))
    for each in curves:
        for seed, run in zip(each.seeds, each.runs, strict=True):
            writer.writerows((each.selection, seed, t, repr(value)) for t, value in enumerate(run))
    save(path, text.getvalue())
    return path


PROTOCOL = Protocol[Options, Fig4Weak](
    "fig4-weak",
    "Figure 4 (middle and right): test meta-utility by iteration with a weak model",
    cells,
    result,
    tables,
    notes,
    document,
    sentence,
    draw,
)
