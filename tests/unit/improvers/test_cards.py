"""The cards of the shipped improvers, the page and the command that show them."""

from __future__ import annotations

import ast
import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError
from strop.cli.commands.list.improvers import card_of, first_words, improvers_command
from strop.runs.spec import improver_text, shipped_improvers
from strop.sandbox.base import Sandbox
from support.kits.improver import check_improver

PAGE = (Path(__file__).parents[3] / "docs" / "train.md").read_text("utf-8")


def test_every_improver_has_a_card_and_every_card_an_improver() -> None:
    cards = sorted(
        file.name.removesuffix(".toml") for file in files("strop.improvers").iterdir() if "toml" in file.name
    )
    assert cards == shipped_improvers()


@pytest.mark.parametrize("name", shipped_improvers())
def test_card_is_of_whole_sentences(name: str) -> None:
    card = card_of(name)
    assert card.idea.endswith(".") and card.helps.endswith(".") and len(card.title) < 45
    assert not any(re.search(r"\s\s|\n", text) for text in vars(card).values())
    assert len(first_words(card.lm_calls)) < 25 and len(first_words(card.utility_calls)) < 25


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
def test_command_prints_an_improver_that_is_still_one_with_its_card_as_comments(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert improvers_command(name) == 0
    printed = capsys.readouterr().out
    assert printed.endswith(improver_text(name)) and ast.unparse(ast.parse(printed)) == ast.unparse(
        ast.parse(improver_text(name))
    )
    head = [line for line in printed.removesuffix(improver_text(name)).splitlines() if line]
    assert all(line.startswith("# ") and len(line) <= 80 for line in head)
    assert card_of(name).title in head[0]


def test_command_gives_the_card_and_the_program_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert improvers_command("ucb", as_json=True) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["program"] == improver_text("ucb")
    assert improvers_command(as_json=True) == 0
    rows = json.loads(capsys.readouterr().out)["improvers"]
    assert [row["improver"] for row in rows] == shipped_improvers()
    assert set(rows[0]) == {"improver", "digest", *vars(card_of("seed"))}


def test_command_names_the_improvers_when_there_is_none_of_that_name() -> None:
    with pytest.raises(ConfigurationError, match=r"no improver is called '\.\./zzz'; choose beam_search, "):
        improvers_command("../zzz")
