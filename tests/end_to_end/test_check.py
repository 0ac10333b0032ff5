"""strop check, as people call it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

BROKEN = Path(__file__).parents[1] / "check" / "broken_tasks"


def test_check_of_a_sound_task_ends_with_0_and_a_line_for_each_thing_that_was_found(strop: Any) -> None:
    ended = strop("check", "lpn")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    score, *_, tried, shown, conclusion = ended.stdout.splitlines()
    assert score == "Score: computed by the host in score()."
    assert tried.startswith("Tried 3 kinds of spoiled answers; none is rewarded.")
    assert shown.startswith("6 held-out instances, and more if training's scores vary, can show a difference.")
    assert conclusion == "lpn: nothing broken found by these trials."
    assert ended.stderr.splitlines() == ["measuring the original", "spoiling its answers"]


def test_check_of_a_broken_task_ends_with_5_and_its_document_has_nothing_that_the_task_prints(
    strop: Any, tmp_path: Path
) -> None:
    told, says = "def score(instance, answer):\n", "    print('scoring')\n"
    (tmp_path / "mine.py").write_text((BROKEN / "nan_is_best.py").read_text().replace(told, told + says))
    ended = strop("check", "mine.py", "--json")
    document = json.loads(ended.stdout)
    assert (ended.returncode, document["broken"], document["task"]) == (5, True, "nan-is-best")
    (problem,) = document["problems"]
    assert problem["is_broken"] and "NaN or infinity (nan words) scores 1.000" in problem["what"]
    assert (document["scored_by"], len(document["scores"])) == ("host", 20) and "scoring" in ended.stderr


def test_check_of_a_command_says_who_computes_the_score_and_whether_the_original_runs(
    strop: Any, tmp_path: Path
) -> None:
    (tmp_path / "p.py").write_text("print('score: 4')\n")
    (tmp_path / "strop.toml").write_text(
        'command = "python3 p.py"\nfiles = ["p.py"]\nscore = ["score: (.*)"]\nmetric = ["score:max"]\n'
    )
    ended = strop("check", ".")
    assert (ended.returncode, "no problems" in ended.stdout) == (0, False), ended.stderr
    assert 'a better result will be called "by its own score" (name a judge: docs/targets.md)' in ended.stdout
    assert "its input never changes, so nothing is held out" in ended.stdout.lower()
    (tmp_path / "p.py").write_text("raise SystemExit(1)\n")
    ended = strop("check", ".")
    assert ended.returncode == 5 and "Broken: task " in ended.stdout
