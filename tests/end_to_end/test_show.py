"""`strop show` on real runs: how improvers search, their lineage, statistics, and `--diff` of two programs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from end_to_end.conftest import TINY, Strop, made_once
from strop.base.unified_diff import unified
from strop.store import Store


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    flags = ["--seed", "1", "-T", "2", "--selection", "paper", *TINY]
    return made_once(tmp_path_factory.mktemp("made"), "run", "parity", *flags)


@pytest.fixture
def run(made: Path, tmp_path: Path, strop: Strop) -> Strop:
    shutil.copytree(made, tmp_path / "r")
    return strop


def test_diff_of_a_run_shows_two_improvers_with_the_change_in_score(run: Strop, tmp_path: Path) -> None:
    result = json.loads(run("show", "r", "--json").stdout)
    ends = [each["improver"] for each in result["iterations"]]
    document = json.loads(run("show", "r", "--diff", "0", "2", "--json").stdout)
    assert (document["a"], document["b"]) == (f"I_0, {ends[0][:12]}", f"I_2, {ends[2][:12]}")
    change = result["iterations"][2]["test"]["mean"] - result["iterations"][0]["test"]["mean"]
    assert document["sentence"].startswith(f"{change:+.3f} on the test split")
    shown = run("show", "r", "--diff", "0", "2")
    first = f"- {document['a']}\n+ {document['b']}\nscore: {document['sentence']}\n".replace("\n", " ")
    assert shown.returncode == 0 and " ".join(shown.stdout.split()).startswith(" ".join(first.split()))
    with Store.open(tmp_path / "r") as store:
        before, after = store.text(ends[0]), store.text(ends[2])
    assert document["diff"] == unified(before, after, "improver.py")
    assert json.loads(run("show", "r", "--diff", ends[0][:8], "I_2", "--json").stdout)["diff"] == document["diff"]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["9", "0"], "the record has no '9': it has I_0, I_1, I_2, and digests"),
        (["solution", "0"], "the record has no 'solution'"),
        (["ffffffffffff", "0"], "the record has no 'ffffffffffff'"),
        (["0"], "name both: strop show RUN --diff A B"),
        ([], "name both: strop show RUN --diff A B"),
    ],
)
def test_diff_has_one_clear_line_when_there_is_no_such_program(run: Strop, names: list[str], words: str) -> None:
    failed = run("show", "r", "--diff", *names)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert words in failed.stderr and failed.stderr.count("\n") == 1


def test_diff_of_an_improvement_shows_original_and_solution_with_what_may_be_claimed(strop: Strop) -> None:
    made = strop("improve", "lpn", "--seed", "3", "--lm-budget", "4", "--utility-budget", "12", "--out", "i", "--json")
    assert made.returncode == 0, made.stderr
    told = json.loads(made.stdout)
    tried = [each["digest"] for each in told["candidates"]]
    assert tried
    shown = strop("show", "i", "--diff", "original", tried[0])
    assert shown.returncode == 0 and shown.stdout.startswith("- original, "), shown.stderr
    document = json.loads(strop("show", "i", "--diff", "original", "solution", "--json").stdout)
    assert document["sentence"] == told["sentence"] and told["original"]["digest"].startswith(document["a"][-12:])
    failed = strop("show", "i", "--diff", "0", "1")
    assert failed.returncode == 2 and "it has original, solution" in failed.stderr


def test_diff_refuses_a_record_without_improvers_of_its_own(strop: Strop) -> None:
    flags = ["--copies", "1", "--lm-budget", "1", "--utility-budget", "1", "--out", "n"]
    made = strop("eval", "seed", "--against", "seed", "--task", "parity", *flags)
    assert made.returncode == 0, made.stderr
    failed = strop("show", "n", "--diff", "0", "1")
    assert failed.returncode == 2 and "record of strop eval --against" in failed.stderr


def test_show_says_how_improvers_search_and_tells_how_sure_the_figures_are(strop: Strop) -> None:
    made = strop("run", "parity", "--seed", "1", "-T", "1", "--selection", "paper", *TINY, "--out", "r", "--json")
    assert made.returncode == 0, made.stderr
    first = json.loads(made.stdout)["iterations"][0]
    assert first["search"]["idea"] and first["search"]["behaviour"]["lm_calls"] > 0
    shown = strop("show", "r", "--full")
    assert shown.returncode == 0 and "rounds" in shown.stdout and "I_1 says of itself: " in shown.stdout
    assert json.loads(strop("show", "r", "--json").stdout) == json.loads(made.stdout)
    answers = json.loads(made.stdout)["answers"]
    assert (
        answers["total"] > 0 == answers["not_examined"] and answers["sentence"] in strop("show", "r", "--full").stdout
    )
    brief = strop("show", "r").stdout
    assert "\ncompared: " in shown.stdout and "\ncompared: " not in brief
    assert strop("show", "r", "--full", "--json").stdout == strop("show", "r", "--json").stdout
    assert json.loads(made.stdout)["compared"]["candidates"] > 0
