"""Recorded calls as a target: what is refused before anything is loaded, and what kept calls are."""

from __future__ import annotations

import sys
import venv
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from strop.api.comparison import every_input
from strop.api.target import target_of
from strop.base.errors import ConfigurationError, Malformed
from strop.tasks.function.task import FunctionTask
from strop.watch.recorded import recorded_task
from support.rows import table
from support.trees import written

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


def recorded(times: int, target: str = "lib:work") -> FunctionTask:
    return recorded_task(target, [f"{sys.executable} app.py {times}"], "", (), (), lambda line: None)


@pytest.mark.parametrize(("times", "words"), [(1, "1 different call of 1"), (11, "11 different calls of 11")])
def test_function_that_is_called_too_rarely_is_refused_with_what_to_do(project: Path, times: int, words: str) -> None:
    with pytest.raises(ConfigurationError, match=f"work: {words} can be used, and 12 are needed. Record a longer run"):
        recorded(times)


@table(
    "body",
    [
        "yield from (n, (n, 'a'), {'n': [n]})",
        "yield Item(n); yield Item([n])",
        "return map(Item, [n, [n]])",
        "return zip((work(n - 1) if n else []), 'ab')",
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


AREA = "from shapes import once\n@once\ndef work(n):\n    return [n] * 3\n"
ONCE = """
known = []
def once(f):
    assert f.__name__ not in known
    known.append(f.__name__)
    return f
from shapes import area
"""
BEHIND = "import sys\nsys.path.append({!r})\n" + READS
PROJECTS: dict[str, dict[str, str]] = {
    "a module that may be loaded once": {
        "shapes/area.py": AREA,
        "shapes/__init__.py": ONCE,
        "lib.py": "from shapes.area import work\n",
    },
    "a generated module that git ignores": {
        ".gitignore": "made.py",
        "behind/made.py": "",
        "app.py": BEHIND.format("behind"),
        "lib.py": f"import made\n{LIB}",
    },
    "a neighbour that is not installed": {
        "../near/by/__init__.py": "",
        "../near/by/own.py": "",
        "app.py": BEHIND.format("../near"),
        "lib.py": f"from by import own\n{LIB}",
    },
}


@table("name", PROJECTS)
def test_every_call_of_a_project_counts(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = PROJECTS[name]
    monkeypatch.chdir(written(tmp_path / name, {"pyproject.toml": "", "lib.py": LIB, "app.py": READS, **files}))
    file = "shapes/area.py" if "shapes/area.py" in files else "lib.py"
    with closing(recorded(40, f"{file}:work")) as task:
        assert task.recorded is not None and len(task.recorded.calls) == 20 and not task.recorded.lost


ENTERS = """
def tagged(function): return lambda *given: function(*given)
class Held:
    def __init__(self, n): self.n = n
    @property
    def twice(self): return [self.n] * 2
    def never(self): return 0
def by_name(n): return Held(n).twice
@tagged
def work(n): return globals()["by_" + "name"](n) if n >= 0 else never(n)
def never(n): return 1
"""


def test_functions_of_the_file_that_the_calls_enter_may_change_whatever_samples_show(project: Path) -> None:
    (project / "lib.py").write_text(ENTERS)
    for _ in range(2):
        with closing(recorded(40)) as task:
            assert task.changing == ("work", "Held.__init__", "Held.twice", "by_name")
            with pytest.raises(
                Malformed, match=f"only {' and '.join(task.changing)} may change, and never changes, too"
            ):
                task.program("def work(n): return [n] * 2\ndef never(n): return 2\n")


def test_call_without_a_known_outcome_does_not_count(project: Path) -> None:
    with closing(recorded(40)) as task:
        assert task.recorded is not None
        calls = [replace(call, outcome=b"") for call in task.recorded.calls]
        replace(task.recorded, calls=tuple(calls)).write(project / "work.calls")
    with pytest.raises(ConfigurationError, match=r"0 of 20 do .for 20: the original has no known outcome in the run"):
        recorded_task("lib:work", ["@work.calls"], "", (), (), lambda line: None)


def test_comparison_counts_every_recorded_call(project: Path) -> None:
    with closing(recorded(40)) as task:
        assert [every_input(task).count(split) for split in ("train", "test")] == [20, 20]


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
