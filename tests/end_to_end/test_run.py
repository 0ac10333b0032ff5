"""`strop run`, from the outside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from end_to_end.conftest import TINY


def test_run_prints_one_document_and_keeps_the_best_improver_when_asked_for_json(strop: Any, tmp_path: Path) -> None:
    ended = strop("run", "lpn", "-T", "1", "--gate-pairs", "4", *TINY, "--seed", "1", "--json", "--out", "there")
    assert ended.returncode == 0, ended.stderr
    document = json.loads(ended.stdout)
    assert document["directory"] == "there" and document["is_language_model"] is False
    assert document["selection"] == "gated", "unless another is named"
    assert [iteration["t"] for iteration in document["iterations"]] == [0, 1]
    keys = {"t", "accepted", "train", "test", "lm_calls", "evaluations", "verdicts", "seconds", "improver"}
    assert all(keys <= set(iteration) for iteration in document["iterations"])
    assert {"mean", "stderr"} <= set(document["iterations"][0]["test"])
    assert "def improve_algorithm" in (tmp_path / document["file"]).read_text()


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


def test_lists_are_printed_as_tables_and_as_documents(strop: Any) -> None:
    strop("run", "lpn", "-T", "0", *TINY, "--out", "runs/one")
    for key, name in (("tasks", "lpn"), ("improvers", "seed"), ("runs", "one")):
        assert name in strop("list", key).stdout
        assert name in json.dumps(json.loads(strop("list", key, "--json").stdout)[key])


def test_eval_names_the_bug_of_an_improver_that_has_one(strop: Any, tmp_path: Path) -> None:
    printed = Path(__file__).parents[1] / "paper" / "improvers" / "figure_5_epsilon_greedy.py"
    (tmp_path / "figure_5.py").write_text(printed.read_text())
    ended = strop("eval", "figure_5.py", "--copies", "2", "--json")
    document = json.loads(ended.stdout)
    seed, cell = document["cells"]
    assert [ending["outcome"] for ending in cell["endings"]] == ["raised", "raised"]
    assert "NameError: name 'random' is not defined" in cell["endings"][0]["detail"]
    assert cell["train"]["mean"] == 0.0 < seed["train"]["mean"]
