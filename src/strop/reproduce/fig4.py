"""Figure 4, left (§5.1): test meta-utility on learning parity with noise by iteration, 5 runs, mean ± 1 standard error."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from strop.analysis.stats import Estimate
from strop.report.figures.figure import (
    error_line,
    faint_lines,
    key,
    level,
    new_figure,
    percent_axis,
    printed_point,
    save_figure,
)
from strop.report.figures.gains import LABEL
from strop.report.terminal.words import notice_of, quantity
from strop.reproduce.baselines import LINES, Printed
from strop.reproduce.cells import Cell
from strop.reproduce.pages import Table, percent, with_stderr
from strop.reproduce.protocol import Documents, Options, Protocol, model_of, run_cell
from strop.reproduce.values.curves import Curve, change_in, curve, curve_document

RUNS = 5
PAPER_SEED = Printed(0.61)
"""û(I_0) with GPT-4, as §5.3 prints it; the other points of the figure are printed nowhere as numbers."""
NOT_PRINTED = "not printed"


@dataclass(frozen=True)
class Fig4Options(Options):
    """What can be asked."""

    selections: tuple[str, ...] = ("paper",)
    """Curves; the paper's own is `paper`."""


@dataclass(frozen=True)
class Baseline:
    """A baseline of §5.1: ours, where `strop reproduce baselines` was carried out in the same directory, and the paper's."""

    title: str
    found: Estimate | None
    paper: Printed | None


@dataclass(frozen=True)
class Fig4:
    """The figure, for one model."""

    model: str
    is_language_model: bool
    curves: tuple[Curve, ...]
    baselines: tuple[Baseline, ...]


def cells(options: Fig4Options) -> list[Cell]:
    """One run a seed and selection."""
    return [run_cell(options, selection, seed) for selection in options.selections for seed in options.seeds]


def result(options: Fig4Options, documents: Documents) -> Fig4:
    """The curves, and the baselines that are in the directory."""
    curves = tuple(
        curve(name, options.seeds, [documents[run_cell(options, name, seed).name] for seed in options.seeds])
        for name in options.selections
    )
    model, is_language_model = model_of(documents)
    return Fig4(model, is_language_model, curves, _baselines(options.directory / "baselines.json", model))


def _baselines(path: Path, model: str) -> tuple[Baseline, ...]:
    """The paper's baselines with ours beside; a file of another model is not taken."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        rows = {row["title"]: _estimate(row["test"]) for row in document["rows"]} if document["model"] == model else {}
    except (OSError, ValueError, KeyError, TypeError):
        rows = {}
    return tuple(Baseline(title, rows.get(title), paper) for title, _, _, paper in LINES if title != "seed improver")


def _estimate(found: dict[str, Any] | None) -> Estimate | None:
    return None if found is None else Estimate(float(found["mean"]), found["stderr"], int(found["n"]))


def tables(found: Fig4) -> list[Table]:
    """The curves beside the paper's, the baselines, and the single runs."""
    iterations = range(len(found.curves[0].points))
    heads = tuple(f"{each.selection} selection" for each in found.curves)
    points = Table(
        ("iteration", *heads, "paper, GPT-4"),
        tuple(
            (str(t), *(with_stderr(each.points[t]) for each in found.curves), NOT_PRINTED if t else str(PAPER_SEED))
            for t in iterations
        ),
        f"Test meta-utility, percent: mean ± 1 standard error over {quantity(len(found.curves[0].runs), 'run')}",
    )
    baselines = Table(
        ("baseline", "here", "paper, GPT-4"),
        tuple((each.title, with_stderr(each.found), str(each.paper or "-")) for each in found.baselines),
        "Baselines, percent: mean ± 1 standard error over the runs of baselines.json (the paper: ten)",
    )
    return [points, baselines, *(runs_table(each) for each in found.curves)]


def runs_table(of: Curve) -> Table:
    """Run by run."""
    return Table(
        ("seed", *(f"t = {t}" for t in range(len(of.runs[0]))), "gain"),
        tuple(
            (str(seed), *map(percent, run), percent(run[-1] - run[0], signed=True))
            for seed, run in zip(of.seeds, of.runs, strict=True)
        ),
        f"Single runs, {of.selection} selection: test meta-utility, percent",
    )


def sentence(found: Fig4) -> str:
    """What the iterations changed, a sentence for each selection."""
    return " ".join(map(change_in, found.curves))


def notes(found: Fig4) -> list[str]:
    """What stands below the tables."""
    said = [
        "The paper prints no point of its figure as a number but the seed improver's (§5.3); it says that one to three rounds of "
        "self-improvement help (§5.1). The other points are not read off here.",
        *(spent(each) for each in found.curves),
    ]
    if all(each.found is None for each in found.baselines):
        said.append("Our own baselines: `strop reproduce baselines` in the same directory, then this command again.")
    return said


def spent(of: Curve) -> str:
    """What the runs took."""
    gates = f", {of.gate_evaluations:,} of them for the comparisons of the gate" if of.gate_evaluations else ""
    asked = f"{quantity(of.lm_calls, 'LM call', ',')} and {quantity(of.evaluations, 'evaluation', ',')}"
    return f"{of.selection} selection: {asked}{gates} in {quantity(len(of.runs), 'run')}."


def document(found: Fig4) -> dict[str, object]:
    """The same as data."""
    return {
        "curves": [curve_document(each) for each in found.curves],
        "baselines": [
            {
                "title": each.title,
                "mean": None if each.found is None else each.found.mean,
                "stderr": None if each.found is None else each.found.stderr,
                "paper": each.paper and asdict(each.paper),
            }
            for each in found.baselines
        ],
        "paper": {"model": "GPT-4", "runs": RUNS, "points": [{"t": 0, "mean": PAPER_SEED.mean, "approximate": True}]},
    }


def draw(found: Fig4, directory: Path) -> Sequence[Path]:
    """fig4.svg and fig4.png."""
    figure, (axes,) = new_figure(height=2.9 if all(each.found is None for each in found.baselines) else 3.2)
    steps = list(range(len(found.curves[0].points)))
    for number, each in enumerate(found.curves):
        faint_lines(axes, steps, each.runs, number)
    for number, each in enumerate(found.curves):
        points = each.points
        label = f"{each.selection} selection, n = {len(each.runs)}"
        places = [t + 0.05 * (number - (len(found.curves) - 1) / 2) for t in steps]
        error_line(axes, places, [point.mean for point in points], [point.stderr for point in points], number, label)
    printed_point(axes, 0, PAPER_SEED.mean, f"paper, GPT-4: {PAPER_SEED}%")
    for number, baseline in enumerate(found.baselines):
        if baseline.found is not None:
            level(axes, baseline.found.mean, baseline.title.replace(", equal budget", ""), number)  # as wide as fits
    axes.set_xticks(steps)
    axes.set_xlabel("iteration t")
    axes.set_ylabel(LABEL)
    percent_axis(axes)
    key(axes, columns=2)
    caption = "Markers: mean over n runs; bars: ± 1 standard error over the runs; thin lines: single runs."
    return save_figure(
        figure, directory, "fig4", caption=caption, notice=notice_of(found.model, found.is_language_model)
    )


PROTOCOL = Protocol[Fig4Options, Fig4](
    "fig4", "Figure 4 (left): test meta-utility by iteration", cells, result, tables, notes, document, sentence, draw
)
