"""Recorded calls as a target: what is refused before anything is loaded, and what kept calls are."""

from __future__ import annotations

import sys
import venv
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from strop.api.target import target_of
from strop.base.errors import ConfigurationError
from strop.tasks.function.task import FunctionTask
from strop.watch.recorded import recorded_task
from support.rows import table

pytestmark = pytest.mark.process

LIB = "def work(n):\n    return [n] * 3\n"
APP = "import lib\nfor n in range(int(__import__('sys').argv[1])): lib.work(n % 20)\n"


ITEM = "class Item:\n    def __init__(self, held): self.held = held\n"
READS = """
import lib
for n in range(40):
    try: list(lib.work(n % 20))
    except ValueError: pass
"""


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


@table(
    "body",
    [
        "yield from (n, (n, 'a'), {'n': [n]})",
        "yield Item(n); yield Item([n])",
        "yield n; yield [n]; raise ValueError(n)",
    ],
)
def test_every_call_of_a_generator_that_is_read_to_its_end_counts(
    body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lib.py").write_text(f"{ITEM}def work(n):\n    {body}\n")
    (tmp_path / "app.py").write_text(READS)
    with closing(recorded(40)) as task:
        assert task.recorded is not None and len(task.recorded.calls) == 20
        assert (
            not task.recorded.lost and not task.recorded.left_out and all(call.outcome for call in task.recorded.calls)
        )


def test_call_without_a_known_outcome_does_not_count(project: Path) -> None:
    with closing(recorded(40)) as task:
        assert task.recorded is not None
        calls = [replace(call, outcome=b"") for call in task.recorded.calls]
        replace(task.recorded, calls=tuple(calls)).write(project / "work.calls")
    with pytest.raises(ConfigurationError, match=r"0 of 20 do .for 20: the original has no known outcome in the run"):
        recorded_task("lib:work", ["@work.calls"], "", (), (), lambda line: None)


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
