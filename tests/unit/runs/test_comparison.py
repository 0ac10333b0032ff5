"""What of a target is one version's for both programs, and how many inputs a comparison has."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from strop.api.comparison import every_input, target_and_change
from strop.base.errors import ConfigurationError
from strop.base.surface import command_line, option
from strop.cli.commands.compare import FAILED, code_of
from strop.runs.sizing import PILOT
from strop.tasks.command.config import command_task
from strop.tasks.versions import project_of
from support.rows import table
from support.trees import written

SCORED: dict[str, Any] = {"score": ["score (.*)"], "metric": ["score:max"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path, {"src/a.py": "1", "src/b.py": "1", "bench/run.py": "1", "data.txt": "1"})


@table(
    ("command", "names"),
    [
        ("python bench/run.py {seed}", {"bench/run.py"}),
        ("cd src && N=1 python ./bench/run.py < data.txt", {"bench/run.py", "data.txt"}),
        ("python 'bench/run.py'", {"bench/run.py"}),
        ("python src/a.py {seed}", set()),
        ("python -m bench.run", set()),
    ],
)
def test_file_that_a_command_names_scores_unless_it_may_change(tmp_path: Path, command: str, names: set[str]) -> None:
    root = written(tmp_path, {"src/a.py": "1", "bench/run.py": "1", "data.txt": "1"})
    project = project_of(command_task(root, files=["src/*.py"], command=command, **SCORED))
    assert project is not None and project.scoring - {"strop.toml"} == names, project.scoring


def test_nothing_is_searched_so_that_every_listed_input_counts_and_drawn_ones_plan(folder: Path) -> None:
    drawn = command_task(folder, files=["src/a.py"], command="python src/a.py {seed}", **SCORED)
    assert every_input(drawn).instances == PILOT
    written(folder, {f"{number}.in": f"{number}" for number in range(9)})
    listed = command_task(folder, files=["src/a.py"], command="python src/a.py {input}", cases=["*.in"], **SCORED)
    assert (listed.count("test"), every_input(listed).count("test")) == (4, 9)


@pytest.mark.parametrize(("with_", "base"), [(None, ""), (Path("x"), "HEAD")])
def test_change_is_named_in_one_way(with_: Path | None, base: str) -> None:
    with pytest.raises(ConfigurationError, match="give one of with_ X, the change, and base REF, the original"):
        target_and_change("lpn", {}, with_, base)


def test_option_with_is_spelled_as_its_user_writes_it() -> None:
    assert option("with_") == "with_"
    with command_line():
        assert option("with_") == "--with"


@table(
    ("fail_on", "finding", "code"),
    [
        (None, "worse", 0),
        ("worse", "worse", FAILED),
        ("worse", "no significant improvement", 0),
        ("not-better", "no significant improvement", FAILED),
        ("not-better", "better", 0),
        ("not-better", "unfinished", FAILED),
    ],
)
def test_exit_code_is_what_fail_on_says(fail_on: Any, finding: str, code: int) -> None:
    result: Any = SimpleNamespace(finding=finding)
    assert code_of(fail_on, result) == code
