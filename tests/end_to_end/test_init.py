"""`strop init`: three questions or three flags, and files that work."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from end_to_end.conftest import environment


def asked(tmp_path: Path, typed: list[str], *arguments: str) -> tuple[int, str, str]:
    """`strop init` on a terminal of its own: each line is typed when a question is shown. Exit code, what was shown, output."""
    host, guest = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "strop", "init", *arguments],
        stdin=guest,
        stderr=guest,
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=environment(tmp_path),
    )
    os.close(guest)
    shown, left = "", [*typed]
    while process.poll() is None or select.select([host], [], [], 0)[0]:
        if not select.select([host], [], [], 0.2)[0]:
            continue
        try:
            shown += os.read(host, 4096).decode()
        except OSError:  # the terminal is closed
            break
        if left and shown.endswith("]: "):
            os.write(host, (left.pop(0) + "\n").encode())
    output, _ = process.communicate(timeout=60)
    os.close(host)
    return process.returncode, shown, output


def test_init_asks_three_questions_on_a_terminal(tmp_path: Path) -> None:
    code, shown, output = asked(tmp_path, ["", "rota", "nobody works at night"], "mine")
    assert code == 0 and shown.count("]: ") == 3 and "4  command" in shown
    assert 'name="rota"' in (tmp_path / "mine" / "task.py").read_text()
    assert "# Better: nobody works at night" in (tmp_path / "mine" / "task.py").read_text()
    assert "strop improve task.py" in output


def test_init_asks_only_what_the_flags_leave_open(tmp_path: Path) -> None:
    code, shown, _ = asked(tmp_path, ["loss:min"], "mine", "--form", "evaluator", "--name", "mine")
    assert code == 0 and shown.count("]: ") == 1 and '"loss": 1 - ' in (tmp_path / "mine" / "evaluator.py").read_text()


def test_init_asks_again_after_a_wrong_answer_and_keeps_the_ones_before(tmp_path: Path) -> None:
    typed = ["7", "evaluator", "a b", "rota", "less of it", "loss:min"]
    code, shown, _ = asked(tmp_path, typed, "mine")
    assert code == 0 and shown.count("]: ") == 6
    assert "a task's name is made of letters" in shown and "is NAME:max or NAME:min" in shown
    assert '"loss": 1 - ' in (tmp_path / "mine" / "evaluator.py").read_text()


def test_init_gives_up_when_no_kind_of_task_is_chosen(tmp_path: Path) -> None:
    code, shown, _ = asked(tmp_path, ["9", "x", "-"], "mine")
    assert code == 2 and "no kind of task was chosen" in shown and not (tmp_path / "mine").exists()


def test_init_without_a_terminal_wants_flags(strop: Any, tmp_path: Path) -> None:
    ended = strop("init", "mine")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert "give --form sample, function, evaluator, command" in ended.stderr and not (tmp_path / "mine").exists()


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


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["taken", "--form", "sample"], "taken is a file"),
        (["taken/below", "--form", "sample"], "cannot be written"),
        (["mine", "--form", "sample", "--name", "a/b"], "a task's name"),
        (["mine", "--form", "command", "--goal", "better"], ""),
        (["mine", "--form", "command", "--goal", "a b"], "NAME:max or NAME:min"),
        (["mine", "--form", "notebook"], "notebook"),
        (["mine", "--form", "sample", "--name", "self-improvement"], "the name self-improvement is reserved"),
    ],
)
def test_init_says_in_one_line_what_it_cannot_do(strop: Any, tmp_path: Path, arguments: list[str], words: str) -> None:
    (tmp_path / "taken").write_text("")
    ended = strop("init", *arguments)
    assert ended.returncode == (2 if words else 0), ended.stderr
    assert words in ended.stderr and ended.stderr.count("\n") == bool(words) and "Traceback" not in ended.stderr


def test_init_in_the_working_folder_adds_to_what_is_there(strop: Any, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    ended = strop("init", ".", "--form", "sample")
    assert ended.returncode == 0 and "cd " not in ended.stdout and (tmp_path / "task.py").is_file(), ended.stderr


def test_init_names_a_folder_as_a_shell_takes_it(strop: Any, tmp_path: Path) -> None:
    ended = strop("init", "two words", "--form", "sample")
    assert "  cd 'two words'\n" in ended.stdout and (tmp_path / "two words" / "task.py").is_file()
