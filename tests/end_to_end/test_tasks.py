"""The built-in tasks from the command line, and task files of people's own that do not do what a task must, in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from strop.tasks.registry import META, PAPER
from support.command_line import DOUBLING
from support.tables import widest


@pytest.mark.whole_tasks
def test_score_on_published_instances_says_that_their_seeds_are_public(strop: Any, tmp_path: Path) -> None:
    (tmp_path / "seed.py").write_text(PAPER["string-grid-distance"]().seed)
    asked = ["score", "string-grid-distance", "--solution", "seed.py", "--split", "test", "--json"]
    ended = strop(*asked, "--instances", "published")
    assert "their seeds are public" in ended.stderr and "public" not in strop(*asked).stderr
    assert json.loads(ended.stdout)["value"] == pytest.approx(0.438875)


@pytest.mark.whole_tasks
def test_tasks_lists_seed_utilities_beside_the_papers_and_the_ceilings_in_80_columns(strop: Any) -> None:
    ended = strop("list", "tasks")
    assert ended.returncode == 0, ended.stderr
    rows = {words[0]: words for words in map(str.split, ended.stdout.splitlines()) if words}
    assert rows["modified-qap"][-5:] == ["19.6", "20.3", "20.4", "27.0", "27.5"]
    assert rows["lpn"][-5:] == ["50.0", "50.0", "-", "100.0", "100.0"]
    assert set(PAPER) < set(rows) and set(META) < set(rows)
    assert "strop-problems" in rows["golomb"]
    assert ended.stdout.index("meta tasks") < ended.stdout.index("self-improvement")
    assert widest(ended.stdout) <= 80
    document = json.loads(strop("list", "tasks", "--json").stdout)
    assert [row["task"] for row in document["tasks"]] == list(PAPER)
    assert [row["task"] for row in document["meta_tasks"]] == list(META)
    assert all(0 <= row["seed"]["test"] < row["best_known"]["test"] <= 1 for row in document["tasks"])


@pytest.mark.whole_tasks
def test_tasks_shows_one_task_or_a_file_with_its_seed_and_what_a_model_is_told(strop: Any, tmp_path: Path) -> None:
    (tmp_path / "doubling.py").write_text(DOUBLING + "print('noise')\n")
    for name in ("lpn", "golomb", "self-improvement", "sandbox-flag", "doubling.py"):
        shown = strop("list", "tasks", name).stdout
        document = json.loads(strop("list", "tasks", name, "--json").stdout)
        assert all(text.rstrip("\n") in shown for text in (document["seed_program"], document["description"])), name
        assert document["task"] == name.removesuffix(".py"), name
    assert document["test"] == 6
    ended = strop("list", "tasks", "self-improvement", PYTHONIOENCODING="ascii")
    assert ended.returncode == 0 and "\\u" not in ended.stdout and ended.stdout.isascii() and "+--" in ended.stdout


TINY = ["-T", "0", "--copies", "1", "--lm-budget", "1", "--max-responses", "2"]
TASK = """
import strop
print("hello from the task")
def sample(rng): {sample}
def score(instance, answer): {score}
task = strop.Task(name="mine", sample=sample, score=score, entry="f", instances=2, test_instances=2, **dict({rest}))
"""


def write(
    folder: Path, sample: str = "return {'n': 1}", score: str = "return 1.0", rest: str = "seed='def f(n): return n'"
) -> None:
    (folder / "mine.py").write_text(TASK.format(sample=sample, score=score, rest=rest))
    (folder / "solution.py").write_text("def f(n): return None\n")


BROKEN: list[tuple[dict[str, str], int, str]] = [
    ({"sample": "raise RuntimeError('boom')"}, 5, "mine.py, line 4"),
    ({"sample": "raise SystemExit(3)"}, 5, "SystemExit"),
    ({"rest": "seed='def f(:'"}, 5, "seed solution does not run"),
    ({"rest": "seed=None"}, 2, "text of a program"),
]
"""Parts of a task, the exit code of a run and words of its only line."""


def test_run_says_in_one_line_what_is_wrong_with_the_task(strop: Any, tmp_path: Path) -> None:
    for number, (parts, code, words) in enumerate(BROKEN):
        write(tmp_path, **parts)
        ended = strop("run", "mine.py", *TINY, "--out", f"run-{number}", "--json")
        assert (ended.returncode, ended.stdout) == (code, ""), ended.stderr
        assert words in ended.stderr.splitlines()[-1] and "Traceback" not in ended.stderr, words
