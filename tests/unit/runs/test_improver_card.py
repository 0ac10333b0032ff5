from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from strop.api.lookup import any_improver_text
from strop.base.errors import ConfigurationError
from strop.base.solution import digest_of
from strop.report.terminal.run import print_card
from strop.runs.improver_card import Figure, ImproverCard, Noticed, OnTask, card_path, read_card

TEXT = "def improve_algorithm(initial_solution, utility, language_model):\n    return initial_solution\n"
CARD = ImproverCard(
    digest=digest_of(TEXT),
    idea="Improve the best.",
    trained="2026-01-31",
    strop="0.1.0",
    run="20260131-120000-lpn-1a2b",
    iteration=2,
    start="seed",
    start_digest="0" * 64,
    model="openai/some",
    is_language_model=True,
    seed=7,
    iterations=4,
    selection="gated",
    copies=5,
    lm_calls=120,
    responses=300,
    tokens=5000,
    dollars=0.25,
    improver=Figure(0.7, 0.6, 0.8),
    began_with=Figure(0.5, 0.4, 0.6),
    difference=Figure(0.2, 0.1, 0.3),
    tasks=(OnTask("lpn", 0.7, 0.5), OnTask("parity", 0.7, 0.5)),
    audit=(Noticed("S002", "executes code of its own making", 3),),
)


def written(tmp_path: Path, card: ImproverCard, text: str = TEXT) -> Path:
    file = tmp_path / "mine.py"
    file.write_text(text)
    card_path(file).write_text(card.to_json())
    return file


@pytest.mark.parametrize(
    "card",
    [CARD, replace(CARD, tokens=None, dollars=None, audit=(), improver=Figure(0.5))],
    ids=["all known", "little known"],
)
def test_card_is_read_as_it_was_written(card: ImproverCard, tmp_path: Path) -> None:
    assert read_card(card_path(written(tmp_path, card))) == card


def test_improver_that_is_not_the_text_of_its_card_is_used_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, CARD)
    assert any_improver_text(str(file)) == TEXT
    assert capsys.readouterr().err == ""
    file.write_text(TEXT + "# changed\n")
    assert any_improver_text(str(file)) == TEXT + "# changed\n"
    said = capsys.readouterr().err
    assert "the card" in said and "is not for" in said and said.count("\n") == 1


@pytest.mark.parametrize("content", ["", "[]", "no JSON at all", "\0", '{"format": "strop improver card 2"}'])
def test_file_that_is_no_card_is_passed_over(content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, CARD)
    card_path(file).write_text(content)
    assert read_card(card_path(file)) is None
    assert any_improver_text(str(file)) == TEXT
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"seed": 7', '"seed": "7"'),
        ('"seed": 7', '"seed": true'),
        ('"mean": 0.7', '"mean": "much"'),
        ('"is_language_model": true', '"is_language_model": 1'),
        ('"copies": 5,\n', ""),
        ('"difference"', '"another"'),
        ('"name": "lpn"', '"label": "lpn"'),
        ('"tasks"', '"others"'),
    ],
)
def test_damaged_card_is_refused_in_one_line(before: str, after: str, tmp_path: Path) -> None:
    path = card_path(written(tmp_path, CARD))
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    with pytest.raises(ConfigurationError, match="is damaged"):
        read_card(path)


def test_card_of_somebody_else_draws_nothing_on_the_terminal() -> None:
    console = Console(width=80, force_terminal=True, color_system=None)
    evil = "\x1b[2J[red]x\u202e"
    card = replace(CARD, model=evil, start=evil, run=evil, tasks=(OnTask(evil, 0.1, 0.2),), idea=evil)
    with console.capture() as shown:
        print_card(replace(card, audit=(Noticed(evil, evil, 1),)), console)
    assert "\x1b[2J" not in shown.get() and "\u202e" not in shown.get() and "[red]x" in shown.get()
