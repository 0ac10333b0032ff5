"""`strop init`, and a task of every form as it writes it: shown, scored, improved, and its patch applied."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from strop.templates import FORMS
from support.tiers import slow_unless

TARGETS = {
    "sample": ["task.py"],
    "function": ["bench.py:target"],
    "evaluator": ["switches.py", "--evaluator", "evaluator.py", "--metric", "my_metric:max"],
    "command": ["."],
}
FOUND = {"function": ["--lm-budget", "1", "--seed", "2"]}
"""A budget in which a better program is found; the others are slow, and have the usual one."""


def is_green(folder: Path) -> bool:
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."]
    return subprocess.run(run, cwd=folder, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("form", slow_unless(lambda form: form == "function", sorted(FORMS)))
def test_new_task_is_improved_and_its_tests_hold_after_the_patch(strop: Any, tmp_path: Path, form: str) -> None:
    assert strop("init", ".", "--form", form).returncode == 0
    file = tmp_path / FORMS[form].improved
    before = file.read_bytes()
    ended = strop("improve", *TARGETS[form], *FOUND.get(form, ["--seed", "1"]))
    assert ended.returncode == 0 and "held-out instances" in " ".join(ended.stdout.split()), ended.stderr
    assert file.read_bytes() == before
    unproven = ["--unproven"] if form == "command" else []  # its program prints the score itself
    assert ("strop apply --unproven" if unproven else "puts it in place\n") in ended.stdout
    if form == "function":
        bench = (tmp_path / "bench.py").read_text()
        (tmp_path / "bench.py").write_text(bench.replace("return 1 - ", "return 2 - "))
        assert strop("improve", *TARGETS[form]).returncode == 5, "its score is refused before anything is measured"
        (tmp_path / "bench.py").write_text(bench)
    applied = strop("apply", *unproven)
    assert applied.returncode == 0 and file.read_bytes() != before, applied.stderr
    assert f"the newest run with a patch: runs/{min((tmp_path / 'runs').glob('2*')).name}" in applied.stderr
    assert is_green(tmp_path)


@pytest.mark.parametrize("form", slow_unless(lambda form: form == "command", sorted(FORMS)))
def test_new_task_is_found_sound(strop: Any, form: str) -> None:
    assert strop("init", ".", "--form", form).returncode == 0
    ended = strop("check", *TARGETS[form])
    assert ended.returncode == 0 and "Broken" not in ended.stdout, ended.stdout + ended.stderr


def test_new_task_of_every_form_is_scored_and_shown(strop: Any, subtests: pytest.Subtests) -> None:
    for form, target in TARGETS.items():
        with subtests.test(form):
            assert strop("init", form, "--form", form).returncode == 0
            asked = [f"{form}/{word}" if word.partition(":")[0].endswith((".py", ".")) else word for word in target]
            document = json.loads(
                strop("score", *asked, "--solution", f"{form}/{FORMS[form].improved}", "--json").stdout
            )
            assert set(document["verdicts"]) == {"ok"} and 0.4 < document["value"] < 0.6 and document["notes"]
            names = {name for values in document["metrics"] for name in values}
            assert names == ({"my_metric"} if form in ("evaluator", "command") else set())
            assert document["original_metrics"] == document["metrics"]
    shown = strop("list", "tasks", "command")
    assert "python3 measure.py {seed}" in shown.stdout and "maximise my_metric" in shown.stdout, shown.stderr
    document = json.loads(strop("list", "tasks", "command", "--json").stdout)
    assert document["metric"] == {"name": "my_metric", "goal": "max", "reader": "$.my_metric", "resolution": 0.0}
    assert isinstance(document["held_out"], int) and isinstance(document["test"], str)
    assert document["task"] == "command" and "def choose" in document["seed_program"]


def test_init_overwrites_nothing_names_what_is_in_the_way_and_adds_to_what_is_there(strop: Any, tmp_path: Path) -> None:
    for kind in ("file", "link", "folder"):
        folder = tmp_path / kind
        folder.mkdir()
        (folder / "task.py").write_text("# mine\n")
        way = folder / "shifts.py"
        _ = (
            way.mkdir()
            if kind == "folder"
            else way.touch()
            if kind == "file"
            else way.symlink_to(tmp_path / "nowhere.py")
        )
        ended = strop("init", kind, "--form", "sample")
        assert ended.returncode == 2 and "shifts.py, task.py" in ended.stderr and ended.stderr.count("\n") == 1
        assert sorted(path.name for path in folder.iterdir()) == ["shifts.py", "task.py"]
        assert (folder / "task.py").read_text() == "# mine\n" and not (tmp_path / "nowhere.py").exists()
    ended = strop("init", "two words", "--form", "sample")
    assert "  cd 'two words'\n" in ended.stdout and (tmp_path / "two words" / "task.py").is_file()
    ended = strop("init", ".", "--form", "sample")
    assert ended.returncode == 0 and "cd " not in ended.stdout and (tmp_path / "task.py").is_file(), ended.stderr
