"""`strop run`, from the outside."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
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


def test_run_says_everywhere_that_offline_is_no_language_model(strop: Any) -> None:
    ended = strop("run", "lpn", "-T", "0", *TINY, "--out", "there")
    shown = strop("show", "there")
    for text in (ended.stdout, ended.stderr, shown.stdout):
        assert "not a language model" in " ".join(text.split())


def test_run_refuses_a_directory_that_holds_a_run_and_changes_nothing(strop: Any, tmp_path: Path) -> None:
    assert strop("run", "lpn", "-T", "0", *TINY, "--out", "there").returncode == 0
    before = (tmp_path / "there" / "run.sqlite").read_bytes()
    again = strop("run", "lpn", "-T", "0", *TINY, "--out", "there")
    assert again.returncode == 2 and "already holds a run" in again.stderr
    assert (tmp_path / "there" / "run.sqlite").read_bytes() == before


def test_store_of_a_run_is_read_by_plain_sqlite_and_holds_every_response(strop: Any, tmp_path: Path) -> None:
    strop("run", "lpn", "-T", "0", *TINY, "--out", "there")
    with closing(sqlite3.connect(tmp_path / "there" / "run.sqlite")) as connection, connection:
        kinds = dict(connection.execute("SELECT kind, count(*) FROM event GROUP BY kind"))
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert kinds["LmResponded"] == 2 * 2 and kinds["LmCalled"] == 2
    assert {"RunStarted", "BudgetMoved", "Evaluated", "IterationFinished", "RunFinished"} <= set(kinds)


def test_task_of_ones_own_is_scored_and_run_from_its_file(strop: Any, tmp_path: Path) -> None:
    (tmp_path / "packing.py").write_text(
        "import strop\n\n"
        "def sample(rng):\n    return {'items': rng.uniform(0.1, 0.7, 12).tolist()}\n\n"
        "def score(instance, answer):\n"
        "    if sorted(i for bin in answer for i in bin) != list(range(12)):\n"
        "        raise strop.Malformed('every item once')\n"
        "    if any(sum(instance['items'][i] for i in bin) > 1 for bin in answer):\n"
        "        raise strop.Malformed('a bin is too full')\n"
        "    return 1 / len(answer)\n\n"
        "task = strop.Task(name='packing', sample=sample, score=score, entry='pack', instances=5, test_instances=5,\n"
        "                  seed='def pack(items):\\n    return [[i] for i in range(len(items))]\\n')\n"
    )
    (tmp_path / "all_in_one.py").write_text("def pack(items):\n    return [list(range(len(items)))]\n")
    bad = json.loads(strop("score", "packing.py", "--solution", "all_in_one.py", "--json").stdout)
    assert bad["value"] == 0.0 and "a bin is too full" in bad["error"]
    ended = strop("run", "packing.py", "-T", "0", *TINY, "--json")
    assert json.loads(ended.stdout)["iterations"][0]["evaluations"] > 0, ended.stderr


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
