"""A package of the user's, marked beside its code: what is measured is its work tree, whatever is installed, in every command."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from end_to_end.conftest import Start, Strop
from support.processes import wait_until
from support.tiers import slow_unless

UTIL = "def twice(x):\n    return 2 * x\n"
SIMILARITY = """from .util import twice


def total(values):
    result = 0
    for value in values:
        result = result + twice(value) - value
    return result
"""
MARK = """import strop
from {package} import similarity
from expected import mean


def sample(rng):
    return {{"values": rng.integers(0, 100, 50).tolist()}}


def score(answer, values):
    return 1 / (1 + abs(answer - mean(values) - 10))


target = strop.improve_me(
    score=score, sample=sample, instances=4, test_instances=12, answer=strop.Answer(int)
)(similarity.total)
"""
ANSWER = """```python
from .util import twice


def total(values):
    return sum(twice(value) - value for value in values) + 10
```
"""
WAITS = 'touch asked; while [ ! -e go ]; do sleep 0.05; done; cat "$1"\n'
KINDS = {
    "src": ("src", "textsim", ""),
    "flat": (".", "textsim", ""),
    "editable": ("src", "textsim", "src"),
    "wheel": ("src", "textsim", "site-packages"),
    "namespace": ("src", "tools_of_ours.textsim", "site-packages"),
}
"""Folder of the source, the package's name, and where it is installed."""


def written(root: Path, package: str, util: str = UTIL) -> Path:
    folder = root.joinpath(*package.split("."))
    folder.mkdir(parents=True)
    for name, text in (("__init__", ""), ("util", util), ("similarity", SIMILARITY)):
        (folder / f"{name}.py").write_text(text)
    return folder


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[Path, dict[str, str]]]:
    """Make a project of a kind in the working folder; returns its package's folder, and what its Python has installed."""

    def make(kind: str) -> tuple[Path, dict[str, str]]:
        source, package, installed = KINDS[kind]
        folder = written(tmp_path / source, package)
        (tmp_path / "pyproject.toml").write_text('[project]\nname = "textsim"\n')
        (tmp_path / "bench").mkdir()
        (tmp_path / "bench" / "expected.py").write_text("def mean(values):\n    return sum(values)\n")
        (tmp_path / "bench" / "similarity.py").write_text(MARK.format(package=package))
        (tmp_path / "answer.md").write_text(ANSWER)
        (tmp_path / "wait.sh").write_text(WAITS.replace("asked", f"{tmp_path}/asked").replace("go", f"{tmp_path}/go"))
        if installed == "site-packages":
            written(tmp_path / installed, package, "raise RuntimeError('installed')\n")
        if installed:
            monkeypatch.syspath_prepend(tmp_path / installed)
        return folder, {"PYTHONPATH": str(tmp_path / installed)} if installed else {}

    return make


@pytest.mark.parametrize("kind", slow_unless(lambda kind: kind in ("editable", "namespace"), KINDS))
def test_package_is_checked_improved_resumed_and_applied_from_its_work_tree(
    kind: str, made: Callable[[str], tuple[Path, dict[str, str]]], strop: Strop, start_strop: Start, tmp_path: Path
) -> None:
    folder, env = made(kind)
    (folder / "util.py").write_text("def twice(x):\n    return 2 * x + 1\n")  # 50 values are 40 too many
    checked = strop("check", "bench/similarity.py:target")
    assert "The original has score 0.02439 in training" in checked.stdout, checked.stdout + checked.stderr

    (folder / "util.py").write_text(UTIL)
    model = ["--model", f"command:sh {tmp_path}/wait.sh {tmp_path}/answer.md"]
    least = shlex.split("--lm-budget 1 --max-responses 1 --out r --workers 1")
    begun = start_strop("improve", "bench/similarity.py", *model, *least, **env)
    wait_until(lambda: (tmp_path / "asked").exists() or begun.poll() is not None)
    begun.send_signal(signal.SIGKILL)
    begun.communicate()
    (tmp_path / "go").touch()
    ended = strop("resume", "r")
    assert "from 0.091 to 1.000" in ended.stdout, ended.stdout + ended.stderr
    assert strop("apply", "r").returncode == 0
    assert "+ 10" in (folder / "similarity.py").read_text()
    assert "strop" not in (folder / "similarity.py").read_text()


def test_file_that_imports_a_name_of_another_or_marks_what_is_none_of_its_project_is_refused(
    strop: Strop, tmp_path: Path
) -> None:
    for name, whose in (("random", "the standard library has"), ("pygments", "strop itself needs")):
        (tmp_path / f"{name}.py").write_text("value = 1\n")
        (tmp_path / "task.py").write_text(f"import {name}\n")
        refused = strop("check", "task.py")
        said = f"strop: task.py imports {name}: {tmp_path}/{name}.py has a name that {whose}; rename it\n"
        assert (refused.returncode, refused.stderr) == (2, said)
    (tmp_path / "mark.py").write_text(
        "import json, strop\ntarget = strop.improve_me(score='time', cases=[])(json.dumps)\n"
    )
    refused = strop("check", "mark.py:target")
    assert refused.returncode == 2
    assert "marks json.dumps, which is no function in a file of its project but in " in refused.stderr
