"""A folder that somebody else filled: no command that is typed in it takes code from it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from strop.cli.app import COMMANDS
from strop.cli.commands.reproduce import PROTOCOLS
from support.command_line import DOUBLING, environment
from support.tiers import slow_unless
from support.trees import written

STROP = str(Path(sys.executable).with_name("strop"))
LEAST = ["--copies", "2", "--lm-budget", "1", "--max-responses", "1", "--meta-budget", "1", "--utility-budget", "2"]
RUN = ["run", "lpn", "-T", "0", *LEAST, "-j", "2", "--gate-pairs", "2"]
IMPROVE = ["improve", "task.py", "--lm-budget", "1", "--max-responses", "1", "-j", "2", "--seed", "1"]
MEASURE = ["measure", "task.py", "--solution", "new.txt", "--out", "measured"]
CALLS: dict[str, list[list[str]]] = {
    "hot": [["hot", "--", sys.executable, "-I", "-c", ""]],
    "init": [["init", "mine", "--form", "sample"]],
    "check": [["check", "task.py"], ["check", "lpn"]],
    "improve": [[*IMPROVE, "--out", "again"], ["improve", "lpn", *IMPROVE[2:], "--out", "parity"]],
    "compare": [["compare", "task.py", "--with", "new.txt", "--out", "compared"]],
    "measure": [MEASURE],
    "verdict": [MEASURE, ["verdict", "measured"]],
    "serve": [["serve", "task.py"], ["serve", "lpn"]],
    "apply": [["apply", "improved"]],
    "score": [["score", "task.py"], ["score", "task.py", "-j", "2"]],
    "verify": [["verify", "mine.json"]],
    "run": [[*RUN, "--out", "ran"], [*RUN[:-4], *RUN[-2:], "--workers", "dask:local:2", "--out", "ran2"]],
    "eval": [["eval", "seed", "--task", "maxcut", *LEAST[:6], "-j", "2", "--out", "measured"]],
    "reproduce": [
        ["reproduce", "baselines", "--runs", "2", "--model", "offline", "--utility-budget", "2", "--out", "there"]
    ],
    "list": [["list", "tasks"], ["list", "improvers"], ["list", "runs"]],
    "doctor": [["doctor"], ["doctor", "--model", "offline"]],
    "show": [["show", "improved"], ["show", "improved", "--json"]],
    "view": [["view", "improved", "--html", "page.html"]],
    "resume": [["resume", "improved"]],
    "replay": [["replay", "improved"]],
    "export": [["export", "improved", "-o", "lines.jsonl"]],
    "plot": [["plot", "improved", "--out", "curve.svg"]],
}
"""Command → what is typed, in this order, in a folder with the task `task.py` and the record `improved`."""
WRONG = re.compile("Traceback|Unknown option|there is no flag|no task is called|see strop")
"""What a line of `CALLS` that is not one of strop's ends with."""
PROGRAMS = ("git", "python", "python3", "sh", "env", "true", "sbatch", "scancel", "node", "cc", "less", "stty", "uname")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a task and the record of an improvement, which its owner made before anybody else wrote into it."""
    written(tmp_path, {"task.py": DOUBLING, "mine.json": '{"problem": "circles-26", "answer": []}'})
    (tmp_path / "new.txt").write_text("def algorithm(x):\n    return 2 * x\n")
    ended = typed(tmp_path, *IMPROVE, "--out", "improved")
    assert ended.returncode == 0, ended.stderr
    return tmp_path


def typed(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What a user types in a folder, with the `strop` that is installed."""
    variables = environment(folder) | {"STROP_NO_REPORT": ""} | variables
    return subprocess.run([STROP, *words], cwd=folder, env=variables, capture_output=True, text=True, check=False)


def poison(folder: Path) -> None:
    """Give a folder a module of every name that may be imported, plugins, and programs; each writes down that it ran."""
    told = f"import os, sys; open({str(folder / 'RAN')!r}, 'a').write(f'{{__file__}} {{os.getpid()}} {{sys.orig_argv}}\\n')\n"
    installed = {name for name in packages_distributions() if name.isidentifier()}
    names = {*sys.stdlib_module_names, *installed, "sitecustomize", "usercustomize", "cupy", "torch", "readline"}
    written(folder, dict.fromkeys((f"{name}.py" for name in names), told))
    for name in ("strop", "numpy", "json", "multiprocessing"):
        (folder / f"{name}.py").unlink(missing_ok=True)
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(told)
    written(folder, {"mine-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: mine\nVersion: 1\n"})
    groups = "".join(f"[strop.{group}]\nmine = this:that\n" for group in ("tasks", "improvers", "evaluation"))
    (folder / "mine-1.dist-info" / "entry_points.txt").write_text(groups)
    for name in PROGRAMS:
        (folder / name).write_text(f"#!/bin/sh\necho {name} >> '{folder}/RAN'\n")
        (folder / name).chmod(0o755)


def ran(folder: Path) -> str:
    """Which of the files of `poison` ran."""
    file = folder / "RAN"
    return file.read_text() if file.exists() else ""


def test_run_in_a_hostile_folder_takes_no_code_from_it(tmp_path: Path) -> None:
    poison(tmp_path)
    ended = typed(tmp_path, *RUN, "--out", "ran")
    assert ended.returncode == 0, ended.stderr
    assert not ran(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_takes_code_from_a_hostile_folder(command: str, home: Path) -> None:
    poison(home)
    for words in CALLS[command]:  # a new command needs a line there
        ended = typed(home, *words)
        assert not ran(home), words
        assert not WRONG.search(ended.stderr), (words, ended.stderr)


@pytest.mark.slow
@pytest.mark.parametrize("name", PROTOCOLS)
def test_no_protocol_takes_code_from_a_hostile_folder(name: str, tmp_path: Path) -> None:
    poison(tmp_path)
    ended = typed(tmp_path, "reproduce", name, "--list" if name == "table2" else "--no-such-flag", "--out", "there")
    assert not ran(tmp_path)
    assert ended.returncode == 2, ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "variables",
    [
        {"PATH": ":/usr/bin:/bin"},
        {"PATH": ".:/usr/bin:/bin"},
        {"LD_LIBRARY_PATH": ":/usr/lib"},
        {"PYTHONPYCACHEPREFIX": "caches"},
        {"PYTHONUSERBASE": "base"},
        {"PYTHONSTARTUP": "strop/__init__.py", "PYTHONINSPECT": ""},
    ],
    ids=lambda variables: " ".join(f"{name}={value}" for name, value in variables.items()),
)
def test_relative_places_in_the_environment_mean_nothing(variables: dict[str, str], home: Path) -> None:
    poison(home)
    for words in ([*IMPROVE, "--out", "again"], ["apply", "again"]):
        ended = typed(home, *words, **variables)
        assert not WRONG.search(ended.stderr), ended.stderr
    assert not ran(home)


@pytest.mark.parametrize(
    "entries", slow_unless(lambda entries: entries == ":", [":", ".:", "/usr/share:", "./:/usr/share", "below"])
)
def test_processes_that_a_command_starts_ignore_relative_entries_of_the_search_path(
    entries: str, tmp_path: Path
) -> None:
    """Python reads the variable before the command itself begins, which nothing can prevent; its workers are ours to start."""
    (tmp_path / "below").mkdir()
    told = f"import os, sys; open({str(tmp_path / 'RAN')!r}, 'a').write(f'{{sys.orig_argv}}\\n')\n"
    for folder in (tmp_path, tmp_path / "below"):
        written(folder, {"sitecustomize.py": told, "cloudpickle.py": told})
    process = typed(tmp_path, *RUN, "--out", "ran", PYTHONPATH=entries)
    assert process.returncode == 0, process.stderr
    assert all(re.search(r"/strop'", line) for line in ran(tmp_path).splitlines()), ran(tmp_path)
    assert ran(tmp_path).count("\n") == 1


def test_module_of_the_current_folder_is_searched_only_for_a_model_that_was_named(tmp_path: Path) -> None:
    poison(tmp_path)
    (tmp_path / "chosen.py").write_text(
        "import strop\nclass Ask:\n    def __call__(self, request):\n        return 'no'\nask = Ask()\n"
    )
    words = ["improve", "lpn", "--lm-budget", "1", "--max-responses", "1", "-j", "2"]
    ended = typed(tmp_path, *words, "--model", "python:chosen:ask", "--out", "asked")
    assert ended.returncode == 0, ended.stderr
    assert not ran(tmp_path)


@pytest.mark.parametrize("options", slow_unless(lambda options: not options, [[], ["-P"]]), ids=["", "-P"])
def test_python_with_a_module_searches_the_current_folder_no_further_than_it_must(
    tmp_path: Path, options: list[str]
) -> None:
    """`python -m strop` itself imports a few modules from there before strop begins; `python -P -m strop` does not."""
    poison(tmp_path)
    before = [sys.executable, "-P", "-c", "import runpy, sys, strop; print(*sys.modules)"]
    for name in subprocess.run(before, capture_output=True, text=True, check=True, cwd="/").stdout.split():
        (tmp_path / f"{name}.py").unlink(missing_ok=True)
    shutil.rmtree(tmp_path / "strop")
    command = [sys.executable, *options, "-m", "strop", *RUN, "--out", "ran"]
    ended = subprocess.run(
        command, cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert not ran(tmp_path)


def test_only_one_place_starts_python() -> None:
    """`base.interpreter` builds the command line of each Python process of strop's own."""
    source = Path(__file__).parents[2] / "src" / "strop"
    begins = re.compile(
        r"[\[(]\s*(?:sys\.executable|EXECUTABLE),|multiprocessing\.(?:Process|Pool|get_context)|ProcessPoolExecutor\("
    )
    found = {str(file.relative_to(source)) for file in source.rglob("*.py") if begins.search(file.read_text())}
    templates = {"templates/command/measure.py", "templates/command/test_switches.py"}
    guests = {"sandbox/probe.py", *templates}  # what a jail runs, and a user
    assert found - guests == {"base/interpreter.py"}
