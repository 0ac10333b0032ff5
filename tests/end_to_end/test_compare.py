"""`strop compare`: a change that exists, in every form of target and in every way to name it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

import strop as library
from end_to_end.conftest import PYTEST, Start, Strop, events_in, recorded, stopped_at
from strop.base.events import Evaluated
from support.facts import told
from support.processes import wait_until
from support.repositories import committed, git
from support.trees import written

BEFORE = "def cheapest(prices):\n    return max(prices)\n"
AFTER = "def cheapest(prices):\n    return min(prices)\n"
# Scores of such prices vary little, so that few inputs show a difference.
SCORING = """
def sample(rng):
    return {"prices": [int(each) for each in rng.integers(700, 1000, size=10)]}

def score(answer, prices):
    return min(prices) / answer if answer in prices else 0.0
"""
MARK = f"""
import strop
from shop import price
{SCORING}
cheapest = strop.improve_me(sample=sample, score=score, instances=4, test_instances=8)(price.cheapest)
"""
TASK = f"""
import strop
{
    SCORING.replace("score(answer, prices)", "score(instance, answer)")
    .replace("min(prices)", "min(instance['prices'])")
    .replace("in prices", "in instance['prices']")
}
task = strop.Task(name="cheap", sample=sample, score=score, instances=4, test_instances=8, seed="seed.py")
"""
EVALUATOR = """
import importlib.util, random

def evaluate(path, seed):
    spec = importlib.util.spec_from_file_location("candidate", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    given = random.Random(seed).sample(range(700, 1000), 10)
    return {"combined_score": min(given) / module.cheapest(given)}
"""
COMMAND = """
import random, sys
sys.path.insert(0, "src")
from shop.price import cheapest
given = random.Random(int(sys.argv[1])).sample(range(700, 1000), 10)
print("score", min(given) / cheapest(given))
"""
CASES = """
import sys
sys.path.insert(0, "src")
from shop.price import cheapest
given = [int(word) for word in open(sys.argv[1]).read().split()]
print("score", min(given) / cheapest(given))
"""
PROJECT = {
    "pyproject.toml": "[project]\nname = 'shop'\n",
    "src/shop/__init__.py": "",
    "src/shop/price.py": BEFORE,
    "mark.py": MARK,
    "evaluate.py": EVALUATOR,
    "measure.py": COMMAND,
    "of_case.py": CASES,
    "tests/test_price.py": "from shop.price import cheapest\n\ndef test_nothing():\n    try:\n        cheapest([])\n"
    "    except ValueError:\n        return\n    raise AssertionError\n",
    **{f"cases/{number}.txt": f"{number + 3} {7 * number + 11} {5 * number + 40}\n" for number in range(16)},
}
BY_SEED = """files = ['src/shop/*.py']
command = 'python measure.py {seed}'
score = { score = 'score (.*)' }
metric = 'score:max'
"""
BY_CASE = BY_SEED.replace("measure.py {seed}", "of_case.py {input}") + "cases = 'cases/*.txt'\n"
FORMS = {
    "function": ["mark.py:cheapest"],
    "evaluator": ["src/shop/price.py", "--evaluator", "evaluate.py"],
    "shared evaluator": ["src/shop/price.py", "--evaluator", "evaluate.py", "--shared"],
    "command": [
        *(".", "--files", "src/shop/price.py", "--command", "python measure.py {seed}"),
        *("--score", "score (.*)", "--metric", "score:max"),
    ],
}
FILE = "src/shop/price.py"
LEAST = ("--least", "90%", "--seed", "1", "--trust-programs", "--out", "there")
PLAIN = tuple(each for each in LEAST if each != "--trust-programs")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = committed(written(tmp_path, PROJECT | {".gitignore": "data/\nlater.py\nthere/\nagain/\n*.patch\n"}))
    return written(root, {"later.py": AFTER})


def changed_by(project: Path, way: str) -> list[str]:
    """The flags of one way to name the change of `src/shop/price.py`; the work tree has what they need."""
    if way == "file":
        return ["--with", "later.py"]
    (project / "src/shop/price.py").write_text(AFTER)
    if way == "commit":
        return ["--base", "HEAD"]
    (project / "change.patch").write_text(git(project, "diff"))
    if way == "folder":
        shutil.copytree(project, project / "data" / "other", ignore=shutil.ignore_patterns("data", ".git"))
    git(project, "checkout", "-q", ".")
    return ["--with", "change.patch" if way == "patch" else "data/other"]


def options_of(form: str) -> tuple[str, ...]:
    return PLAIN if form in ("function", "evaluator") else LEAST


def result(strop: Strop, folder: str = "there") -> Any:
    return json.loads(strop("show", folder, "--json").stdout)


@pytest.mark.parametrize(
    ("form", "way"),
    # Each form, and each way: the way ends in two texts, and each form compares two texts.
    [
        ("function", "patch"),
        ("function", "commit"),
        ("evaluator", "folder"),
        ("shared evaluator", "file"),
        ("command", "commit"),
    ],
)
def test_change_is_compared_and_its_patch_is_applied_or_in_place_already(
    strop: Strop, project: Path, form: str, way: str
) -> None:
    ended = strop("compare", *FORMS[form], *changed_by(project, way), *options_of(form))
    assert ended.returncode == 0 and "LM call" not in ended.stderr + ended.stdout, ended.stderr + ended.stdout
    found = result(strop)
    assert found["finding"] == "better" and found["improvement"]["lm_calls"] == 0
    is_there = way == "commit"
    ends = ", which is in place" if is_there else ": strop apply there puts it in place"
    assert "Better: " in ended.stdout and f"patch of src/shop/price.py +1 -1{ends}\n" in ended.stdout, ended.stdout
    applied = strop("apply", "there")
    assert applied.returncode == 0 and ("nothing to do: the patch is applied already" in applied.stdout) is is_there, (
        applied.stderr
    )
    assert (project / "src/shop/price.py").read_text() == AFTER
    assert strop("replay", "there", "--out", "again").returncode == 0


@pytest.mark.parametrize(("toml", "count"), [(BY_SEED, 0), (BY_CASE, 16)])
def test_folder_with_a_strop_toml_is_compared_in_all_its_files(
    strop: Strop, project: Path, toml: str, count: int
) -> None:
    written(project, {"strop.toml": toml, "src/shop/pick.py": "pick = max\n"})
    (project / "src/shop/price.py").write_text(
        "from shop.pick import pick\n\ndef cheapest(prices):\n    return pick(prices)\n"
    )
    committed(project)
    written(project, {"src/shop/pick.py": "from shop.other import pick\n", "src/shop/other.py": "pick = min\n"})
    git(project, "add", "-N", "src/shop/other.py")
    ended = strop("compare", ".", "--base", "HEAD", *LEAST)
    assert ended.returncode == 0 and "Better: " in ended.stdout, ended.stdout + ended.stderr
    assert "patch of src/shop/other.py +1 -0, src/shop/pick.py +1 -1, which is in place\n" in ended.stdout, ended.stdout
    if count:  # nothing was searched: all of them count
        assert result(strop)["improved"]["test"]["planned"] == count
        assert ended.stdout.count("which the author of the change could read") == 1
    narrow = strop("compare", ".", "--base", "HEAD", "--files", "src/shop/p*.py", *LEAST[:-1], "other")
    said = "1 file not among --files differs and is the work tree's for both"
    assert narrow.returncode == 0 and said in narrow.stdout, narrow.stdout + narrow.stderr


def test_built_in_task_and_a_task_file_are_compared_with_another_program(strop: Strop, project: Path) -> None:
    written(project, {"task.py": TASK, "seed.py": BEFORE.replace("cheapest", "algorithm")})
    committed(project)
    better = AFTER.replace("cheapest", "algorithm")
    written(project, {"later.py": better, "none.py": "def algorithm(**given):\n    raise ValueError\n"})
    worse = strop("compare", "lpn", "--with", "none.py", *PLAIN)
    assert worse.returncode == 0 and "Worse: " in worse.stdout and "patch of" not in worse.stdout, worse.stdout
    given = strop("compare", "task.py", "--with", "later.py", *PLAIN[:-1], "given")
    assert given.returncode == 0 and "Better: " in given.stdout, given.stdout + given.stderr
    (project / "seed.py").write_text(better)
    based = strop("compare", "task.py", "--base", "HEAD", *PLAIN[:-1], "based")
    assert based.returncode == 0 and "Better: " in based.stdout, based.stdout + based.stderr
    assert "patch of seed.py +1 -1, which is in place" in based.stdout
    for arguments, line in (
        (["lpn", "--base", "HEAD"], "lpn is no file of yours, so that no commit has it: give --with FILE"),
        (["lpn", "--with", "later.py", "--files", "x"], "--files does not apply to lpn"),
    ):
        refused = strop("compare", *arguments)
        assert refused.returncode == 2 and line in refused.stderr and refused.stderr.count("\n") == 1


SLOW_MARK = """
import strop
from shop import price

def sample(rng):
    return {"prices": [int(each) for each in rng.integers(1, 10**6, size=200)]}

cheapest = strop.improve_me(sample=sample, score="time", instances=8, test_instances=8)(price.cheapest)
"""
SLOW = "from shop.pick import least\n\ndef cheapest(prices):\n    return least(prices)\n"
PICK = """
def least(prices):
    return next(one for one in prices if sum(one > other for other in prices) == 0)
"""


@pytest.mark.parametrize("target", [["timed.py:cheapest"], ["shop.price:cheapest", "--record", "python app.py"]])
def test_change_of_a_helper_beside_a_timed_function_is_measured_by_the_calls(
    strop: Strop, project: Path, target: list[str]
) -> None:
    calls = "import random, sys\nsys.path.insert(0, 'src')\nfrom shop import price\n"
    calls += "for _ in range(20):\n    price.cheapest(random.sample(range(10**6), 200))\n"
    written(project, {"timed.py": SLOW_MARK, FILE: SLOW, "src/shop/pick.py": PICK, "app.py": calls})
    committed(project)
    (project / "src/shop/pick.py").write_text("least = min\n")
    ended = strop("compare", *target, "--base", "HEAD", *PLAIN)
    assert ended.returncode == 0 and "Better: " in ended.stdout, ended.stdout + ended.stderr
    assert " as fast (" in ended.stdout and "of CPU time" in ended.stdout, ended.stdout
    assert "patch of src/shop/pick.py " in ended.stdout
    assert ("which the author of the change could read" in ended.stdout) is ("--record" in target)


@pytest.mark.parametrize("form", ["function", "evaluator", "command"])
def test_candidate_that_breaks_a_test_is_worse_and_is_not_measured(strop: Strop, project: Path, form: str) -> None:
    (project / "later.py").write_text("def cheapest(prices):\n    return min(prices, default=0)\n")
    written(project, {"tests/conftest.py": "import sys\nsys.path.insert(0, 'src')\n"})
    tests = ("--test", f"{PYTEST} tests")
    ended = strop("compare", *FORMS[form], "--with", "later.py", *tests, "--fail-on", "worse", *options_of(form))
    first = "Worse: the candidate fails 1 test that passes for the original.\n"
    assert ended.returncode == 6 and ended.stdout.startswith(first), ended.stdout + ended.stderr
    failing = "the candidate fails 1 test, tests/test_price.py::test_nothing; it was not measured"
    assert told(ended.stdout, "tests") == failing
    assert "tests: the candidate fails 1, such as tests/test_price.py::test_nothing\n" in ended.stderr
    assert {event.solution for event in recorded(project / "there", Evaluated)} == {BEFORE}
    assert strop("apply", "there").returncode == 2


def test_what_scores_is_the_work_trees_for_both_and_so_are_data_that_git_does_not_track(
    strop: Strop, project: Path
) -> None:
    reads = "import random, sys\nfactor = int(open('factor.txt').read())\nsys.path"
    command = COMMAND.replace("import random, sys\nsys.path", reads).replace(
        "print('score', ", "print('score', factor * "
    )
    command = command.replace('print("score", ', 'print("score", factor * ')
    written(project, {"strop.toml": BY_SEED, "measure.py": COMMAND, ".gitattributes": "*.py filter=mine\n"})
    committed(project)
    git(project, "config", "filter.mine.smudge", f"touch {project}/data/ran; cat")
    git(project, "config", "filter.mine.clean", f"touch {project}/data/ran; cat")
    written(
        project,
        {"strop.toml": BY_SEED + "instances = 6\n", "measure.py": command, "factor.txt": "3\n", "src/shop/price.py": AFTER,
         "tests/test_price.py": "", "data/there": ""},
    )  # fmt: skip
    ended = strop("compare", ".", "--base", "HEAD", *LEAST)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert " to 3, " in ended.stdout, "both read the file that git does not track"
    assert "measure.py, strop.toml, tests/test_price.py differ and are the work tree's for both\n" in ended.stdout, (
        ended.stdout
    )
    assert "1 untracked file is the same for both\n" in ended.stdout
    assert not (project / "data/ran").exists(), "git runs no filter"


WAITING = COMMAND.replace("given =", "import os, time\ntime.sleep(0 if os.path.exists('GO') else 0.3)\ngiven =")
IN_TRAINING = "event WHERE kind = 'RunStarted'"
IN_COMPARISON = "event WHERE kind = 'ComparisonBegan'"


@pytest.fixture
def waiting(project: Path) -> list[str]:
    """A comparison whose program is slow until the file tool/go is there."""
    written(
        project, {"strop.toml": BY_SEED, "measure.py": WAITING.replace("GO", f"{project}/tool/go"), "tool/there": ""}
    )
    return ["compare", ".", "--with", "later.py", "--files", FILE, "--set", f"tool={project}/tool", *LEAST]


@pytest.mark.parametrize(("number", "where"), [(signal.SIGINT, IN_TRAINING), (signal.SIGKILL, IN_COMPARISON)])
def test_comparison_that_is_stopped_goes_on_and_ends_as_a_whole_one(
    strop: Strop, start_strop: Start, project: Path, waiting: list[str], where: str, number: int
) -> None:
    process = start_strop(*waiting)
    said = stopped_at(process, project / "there", 1, number, where)
    assert process.returncode in ((130, -number) if number == signal.SIGINT else (-number,)), (
        said
    )  # a shell says 130 of both
    if number == signal.SIGINT:
        assert said.splitlines()[-1] == "To continue: strop resume there", said
    shown = strop("show", "there").stdout
    assert "Unfinished: " in shown and "To continue: strop resume there\n" in shown and "candidate" not in shown, shown
    assert "has no result yet. To continue: strop resume there" in strop("apply", "there").stderr
    (project / "tool/go").touch()
    for path in ("later.py", FILE):
        (project / path).unlink()
    resumed = strop("resume", "there")
    assert resumed.returncode == 0 and "Better: " in resumed.stdout, resumed.stdout + resumed.stderr
    assert "no response is" not in resumed.stderr and "LM call" not in resumed.stderr
    assert strop("replay", "there").returncode == 0


def test_folder_that_another_process_has_or_that_holds_something_else_is_refused_in_one_line(
    strop: Strop, start_strop: Start, project: Path, waiting: list[str]
) -> None:
    process = start_strop(*waiting)
    wait_until(lambda: events_in(project / "there") > 0)
    for folder, line in (
        ("there", "there already holds a run: "),
        ("tests", "--out tests holds files already, which a run"),
    ):
        refused = strop(*waiting[:-1], folder)
        assert refused.returncode == 2 and line in refused.stderr.splitlines()[-1], refused.stderr
    resumed = strop("resume", "there")
    assert resumed.returncode == 1 and "another process is writing the run in there" in resumed.stderr, resumed.stderr
    process.kill()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount the small file system that fills up")
def test_full_disk_is_one_line(strop: Strop, project: Path) -> None:
    (project / "small").mkdir()
    if os.system(f"mount -t tmpfs -o size=100k tmpfs {project}/small 2>/dev/null") != 0:
        pytest.skip("mounting is not allowed here")
    try:
        ended = strop("compare", *FORMS["command"], "--with", "later.py", *LEAST[:-1], "small/run")
        *_, line = ended.stderr.splitlines()
        assert ended.returncode in (1, 2) and "Traceback" not in ended.stderr, ended.stderr
        assert line.startswith(("strop: ", "To continue: ")), ended.stderr
    finally:
        os.system(f"umount {project}/small")


def test_plan_document_listing_and_page_are_those_of_a_comparison(strop: Strop, project: Path) -> None:
    changes = ["compare", *FORMS["function"], "--with", "later.py", "--least", "90%", "--seed", "1"]
    planned = strop(*changes, "--dry-run")
    assert planned.returncode == 0 and not (project / "runs").exists(), planned.stderr
    assert not re.search(r"LM|[$]|token|response", planned.stdout), planned.stdout
    ended = strop(*changes, "--json", STROP_NO_REPORT="")
    document = json.loads(ended.stdout)
    assert ended.returncode == 0 and document["finding"] == "better" and document["sentence"].startswith("Better: ")
    listed = strop("list", "runs").stdout
    assert re.search(r"-compare-mark-\w+ +compare +finished +1\.000 ", listed), listed
    page = (project / document["directory"] / "report.html").read_text()
    text = re.sub("<style.*?</style>|<[^>]+>", "", page, flags=re.DOTALL)
    for word in ("mprover", "LM calls", "Tokens", "lm_budget"):
        assert word not in text, word
    assert "Better: " in text and "Lineage of programs" not in text and "strop compare" in text
    assert strop("apply").returncode == 0 and (project / FILE).read_text() == AFTER


def test_python_compares_and_measures_as_the_commands_do(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setenv("XDG_DATA_HOME", str(project / "data"))
    found = library.compare("mark.py:cheapest", with_="later.py", least="90%", seed=1, workers="1", out="there")
    assert found.finding == "better" and found.improved is not None and found.sentence.startswith("Better: ")
    with pytest.raises(library.ConfigurationError, match="give one of with_ X, the change, and base REF, the original"):
        library.compare("mark.py:cheapest")
    with pytest.raises(library.ConfigurationError, match="with_: there is no file or folder nothing"):
        library.compare("mark.py:cheapest", with_="nothing.py")
    found.apply()
    attempt = library.measure("mark.py:cheapest", budget=2, least="90%", seed=1, workers="1", out="again")
    assert (
        attempt.number == 1 and attempt.best == attempt.digest and attempt.sentence.startswith("Measurement 1 of 2, ")
    )
    assert library.verdict("again").finding == "better"
