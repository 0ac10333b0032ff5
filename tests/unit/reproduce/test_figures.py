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
from strop.report.terminal.words import OFFLINE_NOTICE
from strop.reproduce.baselines import LINES
from strop.reproduce.fig4 import Fig4, Fig4Weak, curve_of
from strop.reproduce.protocol import Protocol, conclude
from strop.reproduce.tables import span
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
    cells, runs = Fig4(runs=2).cells(), [(0.95, 0.0), (0.55, 0.3)]
    results = [MadeRun(cell, run).result() for cell, run in zip(cells, runs, strict=True)]
    points = curve_of([0, 1], "paper", results).points
    assert all(point.interval and 0 <= point.interval[0] < point.interval[1] <= 1 for point in points)


def test_run_that_ended_early_because_nothing_could_be_gained_keeps_its_last_value() -> None:
    early, whole = Fig4(runs=2).cells()
    results = [MadeRun(early, (0.9, 1.0), detail="it solves all").result(), MadeRun(whole, (0.5, 0.6, 0.7)).result()]
    assert curve_of([0, 1], "paper", results).runs == ((0.9, 1.0, 1.0), (0.5, 0.6, 0.7))
    with pytest.raises(StoreError, match=f"{early.name} lacks iterations"):
        curve_of([0, 1], "paper", [MadeRun(early, (0.9, 1.0)).result(), results[1]])


FALLING = [(0.60, 0.58, 0.55), (0.62, 0.58, 0.53), (0.61, 0.60, 0.56), (0.63, 0.63, 0.57)]
KEPT = [(first, first, first) for first, *_ in FALLING]
RISING = [(first, first + 0.01, first + 0.03 + 0.002 * n) for n, (first, *_) in enumerate(FALLING)]


def weak(directory: Path, paper: Any = FALLING, gated: Any = KEPT, model: str = LM) -> Any:
    protocol = Fig4Weak(directory=directory, model=(model,), runs=len(paper))
    return performed(protocol, {"paper": paper, "gated": gated})


def fig4_in(directory: Path, *selections: SelectionName, runs: Any = RISING) -> Any:
    protocol = Fig4(directory=directory, model=(LM,), runs=len(runs), selections=selections or ("paper",))
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
    notice, tmp_path = OFFLINE_NOTICE.format(name=LM), usual.directory
    for made in (usual.weak, usual.fig4):
        name = made.document["protocol"]
        texts = {kind: (tmp_path / f"{name}.{kind}").read_text() for kind in ("md", "json", "svg")}
        words = " ".join(re.findall(r"<text[^>]*>([^<]*)", texts["svg"]))
        assert notice in texts["md"] and json.loads(texts["json"])["notice"] == notice
        assert "not a language model" in words and json.loads(texts["json"])["is_language_model"] is False
        assert {tmp_path / f"{name}.{kind}" for kind in ("md", "json", "svg")} <= set(made.files)


def test_nothing_is_said_of_a_stand_in_when_a_language_model_answered(tmp_path: Path) -> None:
    made = weak(tmp_path, model="openai/anything")
    assert made.result.notice == "" and made.document["is_language_model"] is True
    assert "not a language model" not in (tmp_path / "fig4-weak.md").read_text()


def test_numbers_of_the_table_are_those_of_the_runs(usual: Usual) -> None:
    made = usual.weak
    for t, row in enumerate(made.result.tables[0].rows):
        for column, runs in ((1, FALLING), (3, KEPT)):
            found = score_estimate([run[t] for run in runs])
            assert found.stderr is not None and found.interval is not None
            low, high = found.interval
            assert row[column] == f"{100 * found.mean:.1f} ± {100 * found.stderr:.1f}"
            assert row[column + 1] == span((low, high))
            point = made.document["curves"][column // 2]["points"][t]
            assert point == {"t": t, "mean": found.mean, "stderr": found.stderr, "n": 4, "interval": (low, high)}
    with (usual.directory / "fig4-weak.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 2 * 4 * 3
    assert [float(line["test_meta_utility"]) for line in lines[:12]] == [value for run in FALLING for value in run]


def test_paper_is_given_only_what_it_prints(usual: Usual) -> None:
    assert [row[-1] for row in usual.fig4.result.tables[0].rows] == ["≈ 61", "not printed", "not printed"]
    made = usual.weak
    assert [row[-1] for row in made.result.tables[0].rows] == ["65.0", "not printed", "not printed"]
    assert made.result.tables[1].rows[-1] == ("paper, GPT-3.5", "degrades", "-", "3 of 25: 12.0", "4.1 to 30.0")


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
                "No significant change under paper selection: test û on lpn went from 60.0% to 50.0%, -10.0 points (95% interval "
                "-98.2 to +97.8), in 1 run of 1 iteration; 1 run cannot show any difference, and one of 0.100 needs at least 43.",
                "No change under gated selection: the run ended with",
                "û does not differ significantly",
            ],
        ),
    ],
    ids=["falls", "rises", "chance", "one run"],
)
def test_verdicts_say_in_words_what_the_intervals_say(tmp_path: Path, paper: Any, gated: Any, words: list[str]) -> None:
    made = weak(tmp_path, paper, gated)
    said = made.document["verdicts"]
    assert all(any(word in one for one in said) for word in words), said
    assert made.result.sentence == made.document["sentence"] == " ".join(said[:2])
    assert f"**{made.result.sentence}**" in (tmp_path / "fig4-weak.md").read_text()
    assert fig4_in(tmp_path, runs=paper).result.sentence == said[0]


def test_runs_that_gain_three_points_are_counted_with_those_at_the_boundary(tmp_path: Path) -> None:
    made = weak(tmp_path, RISING, KEPT)
    rising, kept = made.document["curves"]
    assert rising["gaining"]["count"] == 4 and kept["gaining"]["count"] == 0
    assert rising["gate_evaluations"] == 0 and kept["gate_evaluations"] == 4 * 3 * 4


def test_baselines_are_drawn_when_they_are_there_for_the_same_model(tmp_path: Path) -> None:
    assert "best of n" not in svg_words(tmp_path, fig4_in(tmp_path))
    rows = [{"title": title, "test": {"mean": 0.6, "stderr": 0.01, "n": 10}} for title, *_ in LINES]
    (tmp_path / "baselines.json").write_text(json.dumps({"model": LM, "rows": rows}))
    made = fig4_in(tmp_path)
    assert "greedy iterative" in svg_words(tmp_path, made)
    assert [row[1] for row in made.result.tables[1].rows] == ["60.0 ± 1.0"] * 4
    (tmp_path / "baselines.json").write_text(json.dumps({"model": "another", "rows": rows}))
    assert [row[1] for row in fig4_in(tmp_path).result.tables[1].rows] == ["-"] * 4


def svg_words(directory: Path, made: Any) -> str:
    text = (directory / f"{made.document['protocol']}.svg").read_text()
    return " ".join(re.findall(r"<text[^>]*>([^<]*)", text))


def test_figure_has_the_same_bytes_when_it_is_drawn_again(tmp_path: Path) -> None:
    for draw in (weak, fig4_in):
        first = {path.name: path.read_bytes() for path in draw(tmp_path).files}
        assert {path.name: path.read_bytes() for path in draw(tmp_path).files} == first


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
    assert made.result.sentence.startswith(
        "No significant change under paper selection: test û on lpn went from 50.0% to 60.0%, +10.0 points (95% interval "
        "-84.8 to +87.6), in 2 runs of 2 iterations; 2 runs cannot show any difference"
    )
    assert any("û does not differ significantly between gated and paper" in note for note in made.result.notes)
