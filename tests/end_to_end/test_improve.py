"""`strop improve`, from the outside."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from end_to_end.conftest import recorded
from strop.base.events import RunFinished
from support.facts import told

SMALL = ["--lm-budget", "1", "--max-responses", "2", "--utility-budget", "3", "--seed", "1"]
IDLE = "def improve_algorithm(initial_solution, utility, language_model):\n    return initial_solution\n"
ORDERED = """import strop


def sample(rng):
    return {"xs": rng.integers(0, 9, 12).tolist()}


def score(instance, answer):
    pairs = list(zip(answer, answer[1:]))
    return sum(a <= b for a, b in pairs) / len(pairs) if pairs else 1.0


task = strop.Task(name="order", sample=sample, score=score, seed="def algorithm(xs):\\n    return xs\\n")
"""
"""A task whose scorer does not look whether anything is missing."""
WHOLE = "if sorted(answer) == sorted(instance['xs']) else 0.0"
EMPTY = """def improve_algorithm(initial_solution, utility, language_model):
    return "def algorithm(xs):\\n    return [0]\\n"
"""


@pytest.mark.whole_tasks
def test_improve_ends_with_a_program_a_patch_and_one_sentence(strop: Any, tmp_path: Path) -> None:
    ended = strop("improve", "lpn", "--improver", "seed", "--seed", "1", "--out", "there")
    assert ended.returncode == 0, ended.stderr
    words = " ".join(ended.stdout.split())
    assert "not a language model" in words and "score in training (mean of 20 instances): original 0.5" in words
    assert " held-out instances" in words and "used 1 of 12 LM calls, 6 responses, 6 of 25 evaluations" in words
    assert "improvement 1 6 - - $0.00" in " ".join(strop("show", "there", "--full").stdout.split())  # what it cost
    assert "6 responses: " in words
    assert "def algorithm" in (tmp_path / "there" / "solution.py").read_text()
    assert (tmp_path / "there" / "solution.diff").read_text().startswith("--- a/solution.py\n+++ b/solution.py\n@@ ")


def test_run_whose_start_does_not_run_keeps_the_reason_and_touches_nothing_else(strop: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def other(): pass\n")
    (tmp_path / "idle.py").write_text(IDLE)
    broken = strop("improve", "parity", "--solution", "mine.py", "--improver", "idle.py", "--out", "there")
    assert broken.returncode == 2 and "does not run" in broken.stderr
    (ended,) = recorded(tmp_path / "there", RunFinished)
    assert ended.status == "failed" and f"strop: {ended.detail}\n" in broken.stderr
    assert sorted(path.name for path in tmp_path.glob("*.py")) == ["idle.py", "mine.py"]


def test_task_whose_scorer_rewards_a_spoiled_answer_is_refused_before_a_run_unless_the_scorer_is_trusted(
    strop: Any, tmp_path: Path
) -> None:
    (tmp_path / "order.py").write_text(ORDERED)
    (tmp_path / "empty.py").write_text(EMPTY)
    asked = ["improve", "order.py", "--improver", "empty.py", *SMALL, "--json", "--out", "there"]
    refused = strop(*asked)
    assert (refused.returncode, refused.stdout, (tmp_path / "there").exists()) == (2, "", False)
    *_, line = refused.stderr.splitlines()
    assert "task order: its scorer rewards a spoiled answer: " in line and "scores 1.000" in line
    trusted = strop(*asked, "--trust-scorer")
    assert json.loads(trusted.stdout)["finding"] == "better", trusted.stderr
    assert strop("replay", "there").returncode == 0


def test_start_says_once_who_computes_the_score_and_the_result_does_too(strop: Any, tmp_path: Path) -> None:
    (tmp_path / "order.py").write_text(ORDERED.replace("if pairs else 1.0", WHOLE))
    (tmp_path / "empty.py").write_text(EMPTY)
    ended = strop("improve", "order.py", "--improver", "empty.py", *SMALL, "--json", "--out", "there", "--apply")
    assert ended.returncode == 2 and "no file of yours" in ended.stderr
    ended = strop("improve", "order.py", "--improver", "empty.py", *SMALL, "--json", "--out", "there")
    assert ended.stderr.count("Score: computed by the host in score()") == 1
    document = json.loads(ended.stdout)
    assert (document["finding"], document["scored_by"], document["own_score_because"]) == ("worse", "host", "")
    assert "computed by the host in score()" in told(strop("show", "there").stdout, "scored by")
    assert strop("view", "there", "--html", "page.html").returncode == 0
    assert "<bdi>computed by the host in score()</bdi>" in (tmp_path / "page.html").read_text("utf-8")


NEAR = (
    ORDERED.partition("def sample")[0]
    + """def sample(rng):
    return {"x": float(rng.uniform(1, 2))}


def score(instance, answer):
    return 1 / (1.5 + abs(answer - instance["x"]))


task = strop.Task(name="near", sample=sample, score=score, seed="def algorithm(x):\\n    return x + 1\\n")
"""
)
"""A task on which no program reaches 1, which would end a search."""


def test_dry_run_says_what_the_named_improver_asks_for(strop: Any, tmp_path: Path) -> None:
    (tmp_path / "near.py").write_text(NEAR)
    budgets = ["--lm-budget", "3", "--max-responses", "4", "--utility-budget", "7", "--seed", "1"]
    for improver in ("refine", "best_of_n"):
        words = ["improve", "near.py", "--trust-scorer", "--improver", improver, *budgets]
        plan = json.loads(strop(*words, "--dry-run", "--json").stdout)
        said = strop(*words, "--no-report").stderr
        calls, responses = map(int, re.findall(r"LM calls (\d+), responses (\d+)", said)[-1])
        assert (plan["lm_calls"]["expected"], plan["responses"]["expected"]) == (calls, responses), improver
    (tmp_path / "mine.py").write_text(IDLE)
    words[words.index("--improver") + 1] = "mine.py"
    plan = json.loads(strop(*words, "--dry-run", "--json").stdout)
    assert plan["responses"] == {"expected": 6, "most": 12}, "half of the budgets, for an improver of one's own"
