"""The files that `strop init` writes: those of the package, under the name of the task."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from strop.options.scoring import NOT_IN_FILE, ScoringOptions, check_options
from strop.templates import FORMS, NAME, Form, files_of
from support.rows import table
from support.tiers import slow_unless


@table("form", FORMS.values())
def test_files_are_those_of_the_package_with_the_name_of_the_task(form: Form) -> None:
    folder = Path(sys.modules["strop.templates"].__file__ or "").parent / form.name
    files = files_of(form, NAME)
    assert files == {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}
    assert {"README.md", form.improved} < set(files) and any(name.startswith("test_") for name in files)
    whole = "".join(files_of(form, "Mine-2").values())
    assert "Mine-2" in whole and NAME not in whole


@table("form", FORMS.values())
def test_readme_tells_the_next_commands(form: Form) -> None:
    assert all(f"$ {command}" in files_of(form, NAME)["README.md"] for command in form.next_commands)


@pytest.mark.parametrize("form", slow_unless(lambda form: form != "sample", sorted({*FORMS} - {"function"})))
def test_test_of_a_new_task_passes(form: str, tmp_path: Path) -> None:
    for name, text in files_of(FORMS[form], "mine").items():
        (tmp_path / name).write_text(text)
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."]
    ended = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0 and "passed" in ended.stdout, ended.stdout


def test_config_of_a_new_task_shows_every_key() -> None:
    shown = tomllib.loads(
        re.sub(r"^# (?=\w+ = )", "", files_of(FORMS["command"], NAME)["strop.toml"], flags=re.MULTILINE)
    )
    keys = {field.name for field in fields(ScoringOptions)} - set(NOT_IN_FILE) | {"root"}
    assert set(shown) == keys
    check_options({key: value for key, value in shown.items() if key != "root"})
