"""Task files of people's own that do not do what a task must: one line that says what is wrong, and where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

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


@pytest.mark.parametrize(
    ("parts", "code", "words"),
    [
        ({"sample": "raise RuntimeError('boom')"}, 5, "mine.py, line 4"),
        ({"sample": "raise SystemExit(3)"}, 5, "SystemExit"),
        ({"sample": "return {'n': [{1, 2}]}"}, 5, "cannot be sent"),
        ({"sample": "return {'n': {1: 2}}"}, 5, "cannot be sent"),
        ({"sample": "return 5"}, 5, "dict of inputs"),
        ({"score": "raise RuntimeError('boom')"}, 5, "mine.py, line 5"),
        ({"score": "return 6.0"}, 5, "[0, 1]"),
        ({"score": "return float('nan')"}, 5, "[0, 1]"),
        ({"rest": "seed='def f(:'"}, 5, "seed solution does not run"),
        ({"rest": "seed='x = 1'"}, 5, "seed solution does not run"),
        ({"rest": "seed=None"}, 2, "text of a program"),
        ({"rest": "seed='', failure='both'"}, 2, "failure"),
        ({"rest": "seed='', memory_limit=1e9"}, 2, "whole numbers"),
        ({"rest": "1 / 0"}, 2, "ZeroDivisionError"),
    ],
)
def test_run_says_in_one_line_what_is_wrong_with_the_task(
    strop: Any, tmp_path: Path, parts: dict[str, str], code: int, words: str
) -> None:
    write(tmp_path, **parts)
    ended = strop("run", "mine.py", *TINY, "--json")
    assert (ended.returncode, ended.stdout) == (code, ""), ended.stderr
    assert words in ended.stderr.splitlines()[-1] and "Traceback" not in ended.stderr


def test_answer_that_the_scorer_chokes_on_is_malformed_and_ends_no_run(strop: Any, tmp_path: Path) -> None:
    write(tmp_path, score="return float(answer > 0)")
    scored = json.loads(strop("score", "mine.py", "--solution", "solution.py", "--json").stdout)
    assert (scored["value"], scored["verdicts"]) == (0.0, ["malformed"])
    assert "TypeError" in scored["error"]
    (tmp_path / "answers.jsonl").write_text(json.dumps("```python\ndef f(n): return None\n```\n") + "\n")
    ended = strop("run", "mine.py", *TINY[:-1], "1", "--model", "scripted:answers.jsonl", "--json")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["iterations"][0]["verdicts"] == {"malformed": 3}


def test_what_a_task_prints_is_not_in_the_result(strop: Any, tmp_path: Path) -> None:
    write(tmp_path, score="print('scoring'); return 0.5")
    for ended in (
        strop("run", "mine.py", *TINY, "--json"),
        strop("score", "mine.py", "--solution", "solution.py", "--json"),
    ):
        json.loads(ended.stdout)
        assert "hello from the task" in ended.stderr and "scoring" in ended.stderr
