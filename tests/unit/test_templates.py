"""The files that `strop init` writes: they say what was asked for, and nothing else of the example's names is left."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from itertools import product
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError
from strop.tasks.command.options import NOT_IN_FILE, ScoringOptions, check_options
from strop.templates import FORMS, METRIC, NAME, WORDS, files_of, next_commands
from support.tiers import slow_unless

WORDY = ["sample", "function"]
COUNTED = ["evaluator", "command"]
IN_TIME = [("evaluator", "my_metric:max"), ("command", "my_metric:max")]
"""test_forms.py runs the tests of a new function."""
OTHER_GOALS = [("evaluator", "loss:min"), ("command", "loss:min"), ("command", "time:min")]


def test_files_are_those_of_the_package_when_nothing_is_asked_for(subtests: pytest.Subtests) -> None:
    for form in FORMS:
        with subtests.test(form=form):
            folder = Path(sys.modules["strop.templates"].__file__ or "").parent / form
            files = files_of(FORMS[form], NAME, FORMS[form].goal)
            assert files == {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}
            assert {"README.md", FORMS[form].improved} < set(files) and any(name.startswith("test_") for name in files)


def test_files_name_the_task_and_what_is_better_as_they_were_asked_for(subtests: pytest.Subtests) -> None:
    for form in FORMS:
        with subtests.test(form=form):
            goal = 'my-task """ in \'quotes\' \\n and {braces}' if form in WORDY else "my_task:min"
            whole = "".join(files_of(FORMS[form], "Mine-2", goal).values())
            assert "Mine-2" in whole and goal in whole
            assert (
                WORDS not in whole and METRIC not in whole and whole.count(NAME) == whole.count(goal) * (form in WORDY)
            )


def test_files_are_programs_whatever_was_asked_for(subtests: pytest.Subtests) -> None:
    for form in FORMS:
        for goal in ("a\\", '"""', "it's 1 # of 3\n", "time:min", "loss:min", "speed"):
            with subtests.test(form=form, goal=goal):
                try:
                    files = files_of(FORMS[form], "näme", goal)
                except ConfigurationError:
                    assert form in COUNTED
                    continue
                for name, text in files.items():
                    if name.endswith(".py"):
                        ast.parse(text)
                    elif name.endswith(".toml"):
                        assert tomllib.loads(text)["metric"] == (goal if ":" in goal else f"{goal}:max")
                        assert list(tomllib.loads(text)["score"]) == [goal.partition(":")[0]]


ROWS_FILES_ARE_REFUSED_WHEN_AN_ANSWER_CANNOT_: list[tuple[str, str, str, str]] = [
    ("sample", "a b", WORDS, "name is made of"),
    ("sample", "", WORDS, "name is made of"),
    ("sample", "x", " ", "one line"),
    ("sample", "x", "\x1b[2J", "one line"),
    ("sample", "x", "y" * 201, "one line"),
    ("command", "x", "faster, please", "NAME:max or NAME:min"),
    ("command", "x", "time:max", "time:min"),
    ("evaluator", "x", "memory", "--form command"),
    ("evaluator", "x", 'a":max', "NAME:max or NAME:min"),
]


def test_files_are_refused_when_an_answer_cannot_be_written_into_them(subtests: pytest.Subtests) -> None:
    for form, name, goal, words in ROWS_FILES_ARE_REFUSED_WHEN_AN_ANSWER_CANNOT_:
        with (
            subtests.test(form=form, name=name, goal=goal, words=words),
            pytest.raises(ConfigurationError, match=words),
        ):
            files_of(FORMS[form], name, goal)


def test_readme_tells_the_next_commands(subtests: pytest.Subtests) -> None:
    for form in FORMS:
        with subtests.test(form=form):
            goal = FORMS[form].goal
            readme = files_of(FORMS[form], NAME, goal)["README.md"]
            assert all(f"$ {command}" in readme for command in next_commands(FORMS[form], goal))


@pytest.mark.parametrize(
    ("form", "goal"),
    slow_unless(lambda form, goal: (form, goal) in IN_TIME, [*product(FORMS, ["my_metric:max"]), *OTHER_GOALS]),
)
def test_test_of_a_new_task_passes(form: str, goal: str, tmp_path: Path) -> None:
    chosen = FORMS[form]
    for name, text in files_of(chosen, "mine", goal if form in COUNTED else WORDS).items():
        (tmp_path / name).write_text(text)
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."]
    ended = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0 and "passed" in ended.stdout, ended.stdout


def test_config_of_a_new_task_shows_every_key() -> None:
    text = files_of(FORMS["command"], NAME, FORMS["command"].goal)["strop.toml"]
    shown = tomllib.loads(re.sub(r"^# (?=\w+ = )", "", text, flags=re.MULTILINE))
    keys = {field.name for field in fields(ScoringOptions)} - set(NOT_IN_FILE) | {"root"}
    assert set(shown) == keys
    check_options({key: value for key, value in shown.items() if key != "root"})
