"""The list of the shipped improvers, the page and the command that show them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from strop.analysis.search import idea_of
from strop.base.errors import ConfigurationError
from strop.cli.commands.list.improvers import improvers_command
from strop.runs.plan import ASKS
from strop.runs.spec import improver_text, shipped_improvers
from strop.sandbox.base import Sandbox
from support.kits.improver import check_improver

PAGE = (Path(__file__).parents[3] / "docs" / "train.md").read_text("utf-8")


@pytest.mark.parametrize("name", shipped_improvers())
def test_docstring_of_every_improver_begins_with_its_idea_in_one_sentence(name: str) -> None:
    idea = idea_of(improver_text(name))
    assert idea.endswith(".") and 40 < len(idea) < 120


def test_plan_knows_how_only_shipped_improvers_ask() -> None:
    assert ASKS.keys() <= {*shipped_improvers()}


@pytest.mark.slow
def test_improver_of_one_s_own_on_the_page_passes_the_kit(jail: Sandbox) -> None:
    (own,) = re.findall(r"```python\n(def improve_algorithm.*?)```", PAGE, re.DOTALL)
    helpers = improver_text("greedy_iterative").partition("def improve_algorithm")[0]
    check_improver(helpers + own, jail)


def test_command_lists_every_improver_within_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert improvers_command() == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80 and not any("…" in line for line in lines)
    assert [line.split()[0] for line in lines if line[:1].isalpha()][1:-1] == shipped_improvers()


@pytest.mark.parametrize("name", shipped_improvers())
def test_command_prints_the_program_of_an_improver_and_nothing_else(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert improvers_command(name) == 0
    assert capsys.readouterr().out == improver_text(name)


def test_command_gives_the_ideas_and_the_program_as_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert improvers_command(as_json=True) == 0
    rows = json.loads(capsys.readouterr().out)["improvers"]
    assert [(row["improver"], row["idea"]) for row in rows] == [
        (name, idea_of(improver_text(name))) for name in shipped_improvers()
    ]
    assert improvers_command("ucb", as_json=True) == 0
    document = json.loads(capsys.readouterr().out)
    assert document.pop("program") == improver_text("ucb")
    assert document == {"schema_version": 2, **next(row for row in rows if row["improver"] == "ucb")}
    own = tmp_path / "own.py"
    own.write_text('"""Do nothing."""\n')
    assert improvers_command(str(own), as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["idea"] == "Do nothing."


def test_command_names_the_improvers_when_there_is_none_of_that_name() -> None:
    with pytest.raises(ConfigurationError, match=r"no improver is called '\.\./zzz'; choose beam_search, "):
        improvers_command("../zzz")
