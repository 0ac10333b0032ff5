"""`strop run`, from the outside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from end_to_end.conftest import TINY


def test_result_says_that_offline_is_no_language_model_and_the_next_run_leaves_its_directory(
    strop: Any, tmp_path: Path
) -> None:
    ended = strop("run", "lpn", "-T", "0", *TINY, "--out", "there")
    for text in (ended.stdout, strop("show", "there").stdout):
        assert "not a language model" in " ".join(text.split())
    before = (tmp_path / "there" / "run.sqlite").read_bytes()
    again = strop("run", "lpn", "-T", "0", *TINY, "--out", "there")
    assert again.returncode == 2 and again.stderr.startswith("strop: there already holds a run: choose another")
    assert (tmp_path / "there" / "run.sqlite").read_bytes() == before


def test_doctor_names_every_protection_in_the_two_words(strop: Any) -> None:
    ended = strop("doctor")
    assert ended.returncode == 0
    for words in ("reading the host's files", "writing files", "network", "starting processes", "signalling", "memory"):
        (line,) = [one for one in ended.stdout.splitlines() if words in one and ":" in one][:1]
        assert line.endswith("enforced (observed)") or "not enforced" in line


def test_eval_names_the_bug_of_an_improver_that_has_one(strop: Any, tmp_path: Path) -> None:
    printed = Path(__file__).parents[1] / "paper" / "improvers" / "figure_5_epsilon_greedy.py"
    (tmp_path / "figure_5.py").write_text(printed.read_text())
    ended = strop("eval", "figure_5.py", "--copies", "2", "--json")
    document = json.loads(ended.stdout)
    seed, cell = document["cells"]
    assert [ending["outcome"] for ending in cell["endings"]] == ["raised", "raised"]
    assert "NameError: name 'random' is not defined" in cell["endings"][0]["detail"]
    assert cell["train"]["mean"] == 0.0 < seed["train"]["mean"]
