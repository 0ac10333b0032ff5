"""`strop init`: flags in, and files that work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def test_init_names_the_task_and_its_goal_as_the_flags_say(strop: Any, tmp_path: Path) -> None:
    ended = strop("init", "mine", "--form", "sample", "--name", "rota", "--goal", "nobody works at night")
    assert ended.returncode == 0 and "strop improve task.py" in ended.stdout, ended.stderr
    text = (tmp_path / "mine" / "task.py").read_text()
    assert 'name="rota"' in text and "# Better: nobody works at night" in text
    assert strop("init", "other", "--form", "command", "--goal", "better").returncode == 0


def test_init_without_a_form_names_the_forms_there_are(strop: Any, tmp_path: Path) -> None:
    ended = strop("init", "mine")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert (
        "--form needs a value: sample, function, evaluator, command" in ended.stderr
        and not (tmp_path / "mine").exists()
    )


@pytest.mark.parametrize("kind", ["file", "link", "folder"])
def test_init_overwrites_nothing_and_names_what_is_in_the_way(strop: Any, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "task.py").write_text("# mine\n")
    in_the_way = folder / "shifts.py"
    if kind == "file":
        in_the_way.write_text("# mine too\n")
    elif kind == "link":
        in_the_way.symlink_to(tmp_path / "nowhere.py")
    else:
        in_the_way.mkdir()
    ended = strop("init", "mine", "--form", "sample")
    assert ended.returncode == 2 and "shifts.py, task.py" in ended.stderr and ended.stderr.count("\n") == 1
    assert (
        sorted(path.name for path in folder.iterdir()) == ["shifts.py", "task.py"]
        and not (tmp_path / "nowhere.py").exists()
    )
    assert (folder / "task.py").read_text() == "# mine\n"


def test_init_in_the_working_folder_adds_to_what_is_there(strop: Any, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    ended = strop("init", ".", "--form", "sample")
    assert ended.returncode == 0 and "cd " not in ended.stdout and (tmp_path / "task.py").is_file(), ended.stderr


def test_init_names_a_folder_as_a_shell_takes_it(strop: Any, tmp_path: Path) -> None:
    ended = strop("init", "two words", "--form", "sample")
    assert "  cd 'two words'\n" in ended.stdout and (tmp_path / "two words" / "task.py").is_file()
