"""Recorded calls as a target: what is refused before anything is loaded, and what kept calls are."""

from __future__ import annotations

import sys
import venv
from pathlib import Path

import pytest

from strop.api.target import target_of
from strop.base.errors import ConfigurationError
from strop.tasks.function.task import FunctionTask
from strop.watch.recorded import recorded_task

pytestmark = pytest.mark.process

LIB = "def work(n):\n    return [n] * 3\n"
APP = "import lib\nfor n in range(int(__import__('sys').argv[1])): lib.work(n % 20)\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "lib.py").write_text(LIB)
    (tmp_path / "app.py").write_text(APP)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def recorded(times: int) -> FunctionTask:
    return recorded_task("lib:work", [f"{sys.executable} app.py {times}"], "", (), (), lambda line: None)


@pytest.mark.parametrize(("times", "words"), [(1, "1 different call of 1"), (11, "11 different calls of 11")])
def test_function_that_is_called_too_rarely_is_refused_with_what_to_do(project: Path, times: int, words: str) -> None:
    with pytest.raises(ConfigurationError, match=f"work: {words} can be used, and 12 are needed. Record a longer run"):
        recorded(times)


def test_values_of_kept_calls_are_shown_when_the_user_says_so(project: Path) -> None:
    task = recorded(40)
    assert task.recorded is not None
    task.recorded.write(project / "work.calls")
    task.close()
    for options, shown in (({"show_calls": True}, True), ({}, False)):
        kept = target_of("lib:work@work.calls", options).task
        assert isinstance(kept, FunctionTask) and kept.shows_calls is shown
        kept.close()
    with pytest.raises(ConfigurationError, match="show_calls is for recorded calls"):
        target_of("lib.py:work", {"show_calls": True})


def test_the_python_that_ran_the_command_runs_the_recorded_calls(project: Path) -> None:
    environment = project / "of_the_command"
    venv.create(environment, symlinks=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "only_there.py").write_text("THRICE = 3\n")
    (project / "lib.py").write_text("import only_there\n" + LIB.replace("3", "only_there.THRICE"))
    task = recorded_task("lib:work", [f"{environment}/bin/python app.py 40"], "", (), (), lambda line: None)
    assert task.interpreter is not None and task.interpreter.path == f"{environment}/bin/python"
    assert task.recorded is not None and len(task.recorded.calls) == 20 and not task.recorded.lost
    task.close()
