"""Figures as SVG for a strict page, each with its data; and the block that holds the tables."""

from __future__ import annotations

import base64
import json
import re
import shlex
import zlib
from xml.etree import ElementTree as ET

import pytest
from matplotlib.figure import Figure

from strop.report.html import plots
from strop.report.html.facts import commands_of
from strop.report.html.payload import packed
from strop.report.html.schema import PageDocument
from strop.report.html.svg import svg_of
from strop.runs.spec import RunSpec


def hostile_figure() -> Figure:
    return plots.bars({"</text><script>alert(1)</script>": 3, "$x_1$ \x1b[31m & \u202e": 5}, "<b>evaluations</b>")


@pytest.fixture(params=["made", "hostile"])
def svgs(request: pytest.FixtureRequest, made_page: PageDocument) -> list[str]:
    if request.param == "made":
        return [figure["svg"] for figure in made_page["figures"]]
    return [svg_of(hostile_figure(), "h", 'a "title" <b>')]


def test_a_figure_has_no_style_no_script_and_no_link_that_leaves_it(svgs: list[str]) -> None:
    for svg in svgs:
        for element in ET.fromstring(svg).iter():
            assert element.tag.rpartition("}")[2] in {
                "svg",
                "g",
                "path",
                "defs",
                "use",
                "text",
                "tspan",
                "clipPath",
                "rect",
            }
            assert "style" not in element.attrib and not [name for name in element.attrib if name.startswith("on")]
            assert element.get("href", "#").startswith("#")


def test_what_a_figure_names_is_in_it_and_in_no_other(svgs: list[str]) -> None:
    seen: set[str] = set()
    for svg in svgs:
        ids = set(re.findall(r' id="([^"]+)"', svg))
        assert set(re.findall(r'(?:href="|url\()#([^")]+)', svg)) == ids
        assert not ids & seen
        seen |= ids


def test_a_figure_is_read_aloud_by_its_title(svgs: list[str]) -> None:
    for svg in svgs:
        root = ET.fromstring(svg)
        assert root.get("role") == "img" and root.get("aria-label")


def test_a_figure_takes_its_colours_from_the_page(svgs: list[str]) -> None:
    for svg in svgs:
        assert not re.findall(r'(?:fill|stroke)="#(?!none)[0-9a-f]+"', svg)


def test_the_figures_of_a_run_have_their_data_beneath(made_page: PageDocument) -> None:
    figures = {figure["id"]: figure for figure in made_page["figures"]}
    assert list(figures) == [
        "meta-utility", "candidates", "values", "spent-calls", "spent-tokens", "spent-dollars", "verdicts",
    ]  # fmt: skip
    for figure in figures.values():
        assert figure["rows"] and all(len(row) == len(figure["columns"]) for row in figure["rows"])
    first = made_page["iterations"][0]["test"]
    assert first is not None and figures["meta-utility"]["rows"][0][1] == f"{first['mean']:.3f}"


def test_a_matrix_has_a_number_in_every_field() -> None:
    svg = svg_of(plots.heat(["lpn", "parity"], ["seed", "ucb"], [[0.5, 0.25], [None, 1.0]]), "m", "matrix")
    assert [word for word in re.findall(r">([^<>]+)</text>", svg) if word[0] in "01n"] == [
        "0.500",
        "0.250",
        "not measured",
        "1.000",
    ]


def test_the_same_figure_gives_the_same_svg() -> None:
    assert svg_of(hostile_figure(), "h", "t") == svg_of(hostile_figure(), "h", "t")


def test_the_block_holds_the_tables_and_the_texts_as_they_are(made_page: PageDocument) -> None:
    found = json.loads(zlib.decompress(base64.b64decode(packed(made_page)), -zlib.MAX_WBITS))
    assert found == {"evaluations": made_page["evaluations"], "calls": made_page["calls"], "texts": made_page["texts"]}


@pytest.mark.parametrize("text", ["", "\ud800", "</script>", "\u2028", "ü"])
def test_the_block_keeps_any_text(made_page: PageDocument, text: str) -> None:
    document = dict(made_page, texts=[text])
    found = json.loads(zlib.decompress(base64.b64decode(packed(document)), -zlib.MAX_WBITS))  # type: ignore[arg-type]
    assert found["texts"] == [text]


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ({}, "strop run lpn --model offline --seed 3"),
        ({"iterations": 2, "copies": 3}, "strop run lpn --model offline --seed 3 --iterations 2 --copies 3"),
        (
            {"task": "my task.py", "selection": "paper"},
            "strop run 'my task.py' --model offline --seed 3 --selection paper",
        ),
        (
            {"model": 'mix:["offline","openai/x?weight=2"]'},
            "strop run lpn --model offline --model 'openai/x?weight=2' --seed 3",
        ),
        ({"require": ("write", "read")}, "strop run lpn --model offline --seed 3 --require write,read"),
        ({"require": ()}, "strop run lpn --model offline --seed 3 --require none"),
        ({"max_cost": 1.5, "jobs": 4}, "strop run lpn --model offline --seed 3 --max-cost 1.5"),
        ({"improver": "ucb"}, "strop run lpn --model offline --seed 3 --improver ucb"),
    ],
)
def test_the_command_of_a_page_makes_the_same_recipe_again(
    made_page: PageDocument, recipe: dict[str, object], words: str
) -> None:
    spec = RunSpec(**{"seed": 3, **recipe})  # type: ignore[arg-type]
    run = dict(made_page["run"], kind="run", directory="a b")
    found = commands_of(run, json.loads(spec.to_json()), {})  # type: ignore[arg-type]
    assert found["again"] == words and shlex.split(found["replay"]) == ["strop", "replay", "a b"]


def test_a_measurement_is_made_again_with_its_improvers_and_tasks(made_page: PageDocument) -> None:
    recipe = json.loads(RunSpec(task="lpn", further_tasks=("parity",), copies=2, iterations=0).to_json())
    run = dict(made_page["run"], kind="eval")
    found = commands_of(run, recipe, {"improvers": '[["seed", "0"], ["my file.py", "1"]]'})  # type: ignore[arg-type]
    assert found["again"] == "strop eval 'my file.py' --task lpn --task parity --model offline --seed 0 --copies 2"
