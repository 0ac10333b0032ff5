"""Figure 4, left (§5.1): test meta-utility on learning parity with noise by iteration, 5 runs, mean ± 1 standard error."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from strop.analysis.stats import Estimate
from strop.base.from_json import read_json
from strop.base.pluralize import quantity
from strop.core.selection import SelectionName
from strop.report.chart import Chart
from strop.reproduce.baselines import LINES, PaperValue
from strop.reproduce.cells import Cell, Documents
from strop.reproduce.curves import NOT_PRINTED, Curve, curve_of, curves_chart, sentence_of
from strop.reproduce.protocol import Protocol, Result, model_of
from strop.reproduce.tables import Table, with_stderr
from strop.runs.claims.numbers import percent
from strop.runs.options import Whole

RUNS = 5
PAPER_SEED = PaperValue(0.61)
"""û(I_0) with GPT-4 (§5.3); the paper prints no other point of the figure as a number."""


@dataclass(frozen=True)
class Baseline:
    """A baseline of §5.1: the paper's, and ours if `strop reproduce baselines` was carried out in the same directory."""

    title: str
    ours: Estimate | None
    paper: PaperValue | None


@dataclass(frozen=True)
class Fig4Result(Result):
    """The curves and the baselines."""

    curves: tuple[Curve, ...]
    baselines: tuple[Baseline, ...]

    def sentence(self) -> str:
        return sentence_of(self.curves)

    def tables(self) -> list[Table]:
        """The curves beside the paper's, the baselines, and the single runs."""
        points = Table(
            ("iteration", *(f"{curve.selection} selection" for curve in self.curves), "paper, GPT-4"),
            tuple(
                (str(t), *map(with_stderr, ours), NOT_PRINTED if t else str(PAPER_SEED))
                for t, ours in enumerate(zip(*(curve.points for curve in self.curves), strict=True))
            ),
            f"Test meta-utility, percent: mean ± 1 standard error over {quantity(len(self.curves[0].runs), 'run')}",
        )
        baselines = Table(
            ("baseline", "here", "paper, GPT-4"),
            tuple((one.title, with_stderr(one.ours), str(one.paper or "-")) for one in self.baselines),
            "Baselines, percent: mean ± 1 standard error over the runs of baselines.json (the paper: ten)",
        )
        return [points, baselines, *map(runs_table, self.curves)]

    def notes(self) -> list[str]:
        notes = [
            "The paper prints one point of its figure as a number, the seed improver's (§5.3), and says that one to three "
            "rounds of self-improvement help (§5.1). The other points are not read off the figure.",
            *(curve.spent() for curve in self.curves),
        ]
        if all(one.ours is None for one in self.baselines):
            notes.append(
                "To add our own baselines, run `strop reproduce baselines` in the same directory, then this again."
            )
        return notes

    def document(self) -> dict[str, object]:
        return {
            "curves": [curve.document() for curve in self.curves],
            "baselines": [
                {
                    "title": one.title,
                    "mean": one.ours and one.ours.mean,
                    "stderr": one.ours and one.ours.stderr,
                    "paper": one.paper and asdict(one.paper),
                }
                for one in self.baselines
            ],
            "paper": {
                "model": "GPT-4",
                "runs": RUNS,
                "points": [{"t": 0, "mean": PAPER_SEED.mean, "approximate": True}],
            },
        }

    def chart(self) -> tuple[Chart, str]:
        """The curves, the paper's point and our baselines as levels."""
        levels = {
            one.title.replace(", equal budget", ""): one.ours.mean for one in self.baselines if one.ours is not None
        }
        chart = curves_chart(self.curves, (PAPER_SEED.mean, f"paper, GPT-4: {PAPER_SEED}%"), levels)
        return chart, "Markers: mean over n runs; bars: ± 1 standard error over the runs."


def runs_table(curve: Curve) -> Table:
    """Run by run."""
    return Table(
        ("seed", *(f"t = {t}" for t in range(len(curve.runs[0]))), "gain"),
        tuple(
            (str(seed), *map(percent, run), percent(run[-1] - run[0], signed=True))
            for seed, run in zip(curve.seeds, curve.runs, strict=True)
        ),
        f"Single runs, {curve.selection} selection: test meta-utility, percent",
    )


@dataclass(frozen=True, kw_only=True)
class Fig4(Protocol):
    """Figure 4, left."""

    name = "fig4"
    heading = "Figure 4 (left): test meta-utility by iteration"

    runs: Whole = RUNS
    """Independent runs for each selection."""
    selections: Annotated[
        tuple[SelectionName, ...], Parameter(name="--selection", negative="", show_default=" ".join)
    ] = ("paper",)
    """paper, as in Figure 4; give it several times to draw several curves, from the same seeds."""

    def cells(self) -> list[Cell]:
        return [self.run_cell(selection, seed) for selection in self._selections for seed in self.seeds]

    def result(self, documents: Documents) -> Fig4Result:
        curves = tuple(curve_of(self, selection, documents) for selection in self._selections)
        model, is_language_model = model_of(documents)
        return Fig4Result(model, is_language_model, curves, _baselines(self.directory / "baselines.json", model))

    @property
    def _selections(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.selections))


def _baselines(path: Path, model: str) -> tuple[Baseline, ...]:
    """The paper's baselines with ours; a file of another model is ignored."""
    ours: dict[str, Estimate] = {}
    try:
        document = read_json(path.read_text(encoding="utf-8"))
        if document["model"] == model:
            tests = {row["title"]: row["test"] for row in document["rows"] if row["test"] is not None}
            ours = {title: Estimate(float(t["mean"]), t["stderr"], int(t["n"])) for title, t in tests.items()}
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return tuple(Baseline(title, ours.get(title), paper) for title, _, _, paper in LINES if title != "seed improver")
