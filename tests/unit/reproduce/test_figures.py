"""Figure 4 from runs that are made up: what the tables say, what is drawn, and that it is legible without colour."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from strop.analysis.stats import score_estimate
from strop.base.errors import StoreError
from strop.core.selection import SelectionName
from strop.report.chart import LOOKS, Chart, svg_file
from strop.reproduce.baselines import LINES
from strop.reproduce.fig4 import Fig4, Fig4Weak, curve_of
from strop.reproduce.protocol import MEASURING, Protocol, conclude, other_size
from strop.reproduce.reproduction import span
from unit.reproduce.made_runs import MadeRun

LM = "offline:skill=0.1"


def performed(protocol: Protocol, runs: Mapping[str, Sequence[Sequence[float]]], **more: Any) -> Any:
    """What a protocol writes of finished runs with these test meta-utilities, by selection; those of `gated` have gates."""
    cells = protocol.cells()

    def made(cell: Any, selection: str) -> Any:
        gate = 4 * (selection == "gated")
        return MadeRun(cell, runs[selection][cell.spec.seed - protocol.seed], gate=gate, **more).result()

    return conclude(protocol, cells, [made(cell, cell.spec.selection) for cell in cells])


def test_intervals_of_a_curve_stay_where_utilities_can_be() -> None:
    cells, runs = Fig4(runs=2, iterations=1).cells(), [(0.95, 0.0), (0.55, 0.3)]
    results = [MadeRun(cell, run).result() for cell, run in zip(cells, runs, strict=True)]
    points = curve_of([0, 1], "paper", 1, results).points
    assert all(point.interval and 0 <= point.interval[0] < point.interval[1] <= 1 for point in points)


def test_curve_has_a_point_for_each_iteration_when_the_runs_of_two_selections_end_early(tmp_path: Path) -> None:
    ends = {"paper": [(0.5, 0.6, 0.7), (0.4, 0.6)], "gated": [(0.5,), (0.4, 0.9)]}
    protocol = Fig4(directory=tmp_path, model=(LM,), runs=2, selections=("paper", "gated"))
    made = performed(protocol, ends, detail="it solves all")
    table, _, *single = made.tables
    assert [row[0] for row in table.rows] == ["0", "1", "2", "3", "4"]
    assert [[cell.partition(" ")[0] for cell in row[1:3]] for row in table.rows[1:]] == [
        ["60.0", "70.0"], ["65.0", "70.0"], ["65.0", "70.0"], ["65.0", "70.0"]
    ]  # fmt: skip
    assert [[row[1] for row in one.rows] for one in single] == [["2", "1"], ["0", "1"]]
    assert [curve.iterations for curve in made.rows] == [(2, 1), (0, 1)]
    assert "in 2 runs of 4 iterations, 2 of which ended early and keep their last improver" in made.sentence


def test_small_protocol_keeps_the_sizes_that_are_given_and_says_that_it_is_no_comparison_with_the_paper() -> None:
    cells = Fig4(small=True, copies=4).cells()
    assert (len(cells), cells[0].spec.copies, cells[0].spec.iterations, cells[0].spec.max_responses) == (6, 4, 2, 3)
    (note,) = other_size(cells)
    assert (
        "Not the paper's size" in note
        and "--copies 4 (published: 5)" in note
        and "--meta-budget 4 (published: 25)" in note
    )


def test_run_that_did_not_end_early_and_lacks_iterations_is_refused() -> None:
    first, second = Fig4(runs=2).cells()
    results = [MadeRun(first, (0.9, 1.0)).result(), MadeRun(second, (0.5,) * 5).result()]
    with pytest.raises(StoreError, match=f"{first.name} lacks iterations"):
        curve_of([0, 1], "paper", 4, results)


FALLING = [(0.60, 0.58, 0.55), (0.62, 0.58, 0.53), (0.61, 0.60, 0.56), (0.63, 0.63, 0.57)]
KEPT = [(first, first, first) for first, *_ in FALLING]
RISING = [(first, first + 0.01, first + 0.03 + 0.002 * n) for n, (first, *_) in enumerate(FALLING)]


def weak(directory: Path, paper: Any = FALLING, gated: Any = KEPT, model: str = LM) -> Any:
    protocol = Fig4Weak(directory=directory, model=(model,), runs=len(paper), iterations=len(paper[0]) - 1)
    return performed(protocol, {"paper": paper, "gated": gated})


def fig4_in(directory: Path, *selections: SelectionName, runs: Any = RISING) -> Any:
    sizes = {"runs": len(runs), "iterations": len(runs[0]) - 1}
    protocol = Fig4(directory=directory, model=(LM,), selections=selections or ("paper",), **sizes)
    return performed(protocol, dict.fromkeys(protocol.selections, runs))


@dataclass(frozen=True)
class Usual:
    """Both protocols, carried out once in one directory with the usual runs; tests only read it."""

    directory: Path
    weak: Any
    fig4: Any


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Usual:
    directory = tmp_path_factory.mktemp("usual")
    return Usual(directory, weak(directory), fig4_in(directory))


def test_figure_and_page_and_data_are_written_and_say_that_there_was_no_language_model(usual: Usual) -> None:
    tmp_path = usual.directory
    for made in (usual.weak, usual.fig4):
        name = made.protocol
        texts = {kind: (tmp_path / f"{name}.{kind}").read_text() for kind in ("md", "json", "svg")}
        words = " ".join(re.findall(r"<text[^>]*>([^<]*)", texts["svg"]))
        assert made.answered in texts["md"] and "not a language model" in made.answered
        assert "not a language model" in words and json.loads(texts["json"])["is_language_model"] is False
        assert {tmp_path / f"{name}.{kind}" for kind in ("md", "json", "svg")} <= set(made.written)


def test_nothing_is_said_of_a_stand_in_when_a_language_model_answered(tmp_path: Path) -> None:
    made = weak(tmp_path, model="openai/anything")
    assert made.answered == "model: openai/anything" and made.is_language_model is True
    assert "not a language model" not in (tmp_path / "fig4-weak.md").read_text()


def test_numbers_of_the_table_are_those_of_the_runs(usual: Usual) -> None:
    made = usual.weak
    for t, row in enumerate(made.tables[0].rows):
        for column, runs in ((1, FALLING), (3, KEPT)):
            found = score_estimate([run[t] for run in runs])
            assert found.stderr is not None and found.interval is not None
            low, high = found.interval
            assert row[column] == f"{100 * found.mean:.1f} ± {100 * found.stderr:.1f}"
            assert row[column + 1] == span((low, high))
            assert made.rows[column // 2].points[t] == found
    with (usual.directory / "fig4-weak.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 2 * 4 * 3
    assert [float(line["test_meta_utility"]) for line in lines[:12]] == [value for run in FALLING for value in run]


def test_paper_is_given_only_what_it_prints(usual: Usual) -> None:
    assert [row[-1] for row in usual.fig4.tables[0].rows] == ["≈ 61", "not printed", "not printed"]
    made = usual.weak
    assert [row[-1] for row in made.tables[0].rows] == ["65.0", "not printed", "not printed"]
    assert made.tables[1].rows[-1] == ("paper, GPT-3.5", "degrades", "-", "3 of 25: 12.0", "4.1 to 30.0")


@pytest.mark.parametrize(
    ("paper", "gated", "words"),
    [
        pytest.param(
            FALLING * 25,
            KEPT * 25,
            [
                "Worse under paper selection: test û on lpn went from 61.5% to 55.2%, -6.2 points (95% interval",
                "No change under gated selection: every run ended with the seed improver's test û on lpn, 61.5%.",
                "û is higher under gated selection than under paper selection: +6.2 points",
            ],
            marks=pytest.mark.heavy,
        ),
        pytest.param(
            RISING * 50,
            FALLING * 50,
            ["Better under paper selection: ", "Worse under gated selection: ", "û is lower under gated selection"],
            marks=pytest.mark.slow,
        ),
        pytest.param(
            [(0.6, 0.6), (0.6, 0.7), (0.6, 0.5)],
            [(0.6, 0.6), (0.6, 0.6), (0.6, 0.6)],
            [
                "No significant change under paper selection: ",
                "û does not differ significantly between gated and paper",
            ],
            marks=pytest.mark.slow,
        ),
        (
            [(0.6, 0.5)],
            [(0.6, 0.6)],
            [
                "No significant change under paper selection: test û on lpn went from 60.0% to 50.0%, -10.0 points, "
                "in 1 run of 1 iteration; at least 6 runs are needed to show a difference.",
                "No change under gated selection: the run ended with",
                "û does not differ significantly",
            ],
        ),
    ],
    ids=["falls", "rises", "chance", "one run"],
)
def test_verdicts_say_in_words_what_the_intervals_say(tmp_path: Path, paper: Any, gated: Any, words: list[str]) -> None:
    made = weak(tmp_path, paper, gated)
    said = [curve.sentence() for curve in made.rows] + [
        note for note in made.notes if note.startswith("After the last")
    ]
    assert all(any(word in one for one in said) for word in words), said
    assert made.sentence == " ".join(said[:2])
    assert f"**{made.sentence}**" in (tmp_path / "fig4-weak.md").read_text()
    assert fig4_in(tmp_path, runs=paper).sentence == said[0]


def test_runs_that_gain_three_points_are_counted_with_those_at_the_boundary(tmp_path: Path) -> None:
    made = weak(tmp_path, RISING, KEPT)
    rising, kept = made.rows
    assert rising.gaining.count == 4 and kept.gaining.count == 0
    assert rising.gate_evaluations == 0 and kept.gate_evaluations == 4 * 3 * 4


def test_baselines_are_shown_when_they_are_of_equal_options_and_else_one_line_says_why_not(tmp_path: Path) -> None:
    assert "best of n" not in svg_words(tmp_path, fig4_in(tmp_path))
    rows = [{"title": title, "test": {"mean": 0.6, "stderr": 0.01, "n": 10}} for title, *_ in LINES]
    own = {name: getattr(Fig4(), name) for name in (*MEASURING, "instances")}
    for changed, why in {
        "": "",
        "lm_budget": "--lm-budget 99 (here 4)",
        "instances": "--instances 99 (here secret)",
        "model": f"--model 99 (here {LM})",
    }.items():
        other = {changed: 99}
        document = {"model": LM, "rows": rows, "options": own | other} | other
        (tmp_path / "baselines.json").write_text(json.dumps(document))
        made = fig4_in(tmp_path)
        notes = [note for note in made.notes if "baselines.json" in note]
        assert notes == [f"The baselines of baselines.json are not shown: they are of {why}."] * bool(why)
        assert ("greedy iterative" in svg_words(tmp_path, made)) is not bool(why)
        assert [row[1] for row in made.tables[1].rows] == ["-" if why else "60.0 ± 1.0"] * 4


def svg_words(directory: Path, made: Any) -> str:
    text = (directory / f"{made.protocol}.svg").read_text()
    return " ".join(re.findall(r"<text[^>]*>([^<]*)", text))


def test_figure_has_the_same_bytes_when_it_is_drawn_again(tmp_path: Path) -> None:
    for draw in (weak, fig4_in):
        first = {path.name: path.read_bytes() for path in draw(tmp_path).written}
        assert {path.name: path.read_bytes() for path in draw(tmp_path).written} == first


def test_figure_names_its_axes_and_numbers(usual: Usual) -> None:
    text = (usual.directory / "fig4-weak.svg").read_text()
    words = " ".join(re.findall(r"<text[^>]*>([^<]*)", text))
    for each in ("iteration t", "test meta-utility û", "n = 4", "standard error", "paper, GPT-3.5: 65.0%"):
        assert each in words, each
    assert "<path" in text and "font-family" in text and "<image" not in text


def test_series_differ_without_colour() -> None:
    def lightness(color: str) -> float:
        red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    assert len({look.marker for look in LOOKS}) == len({look.dashes for look in LOOKS}) == len(LOOKS)
    steps = sorted(lightness(look.color) for look in LOOKS)
    assert all(after - before > 0.04 for before, after in pairwise(steps)), steps


def test_notice_below_a_figure_is_text_and_no_markup() -> None:
    assert "a $x$ &amp; &lt;b&gt; \\x1b[31m" in svg_file(Chart([], "", ""), "one", ["a $x$ & <b> \x1b[31m"])


@pytest.mark.parametrize(
    ("interval", "said"),
    [(None, "-"), ((0.5, 0.5), "all equal"), ((0.5, 0.5 + 1e-12), "all equal"), ((0.5, 0.51), "50.0 to 51.0")],
)
def test_interval_without_width_is_not_shown_as_certainty(interval: tuple[float, float] | None, said: str) -> None:
    assert span(interval) == said


def test_gains_that_are_all_equal_are_no_change_beyond_chance(tmp_path: Path) -> None:
    made = weak(tmp_path, paper=[(0.5, 0.5, 0.6)] * 2, gated=[(0.5, 0.5, 0.4)] * 2)
    assert made.sentence.startswith(
        "No significant change under paper selection: test û on lpn went from 50.0% to 60.0%, +10.0 points, in 2 runs "
        "of 2 iterations; at least 6 runs are needed to show a difference."
    )
    assert any("û does not differ significantly between gated and paper" in note for note in made.notes)
