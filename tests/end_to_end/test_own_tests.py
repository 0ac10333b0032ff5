"""`--test`: no test of the user's that the original passes may fail or vanish, in every form of target."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

import strop as library
from end_to_end.conftest import PYTEST, Start, Strop, recorded, stopped_at
from strop.base.events import Evaluated, SuiteRan
from support.facts import told
from support.trees import written

ORIGINAL = 'def cheapest(prices):\n    "One price."\n    return prices[0] if prices else None\n'
FAILS = 'def cheapest(prices):\n    "One price."\n    return min(prices)\n'
VANISHES = "def cheapest(prices):\n    return min(prices[:8], default=None)\n"
PASSES = 'def cheapest(prices):\n    "One price."\n    return min(prices[:5], default=None)\n'
"""The best is the one that fails a test, and the next best lacks one."""
MARK = """
import strop
from shop import price

def sample(rng):
    return {"prices": [int(each) for each in rng.integers(1, 1000, size=10)]}

def score(answer, prices):
    return min(prices) / answer if answer in prices else 0.0

cheapest = strop.improve_me(sample=sample, score=score, instances=4, test_instances=20)(price.cheapest)
"""
TESTS = """
import time
import unittest
import pytest
from shop.price import cheapest

class Nothing(unittest.TestCase):
    def test_nothing(self):
        for kind in (list, None):
            with self.subTest(kind=kind):
                if kind is None:
                    self.skipTest("not installed")
                self.assertIsNone(cheapest(kind()))

class TestOne:
    def test_one(self):
        assert cheapest([3]) == 3

@pytest.mark.parametrize("word", (cheapest.__doc__ or "").split())
def test_word(word):
    assert word

def test_red():
    assert cheapest([2, 1]) == 0

@pytest.mark.skip
def test_skipped():
    pass

@pytest.mark.parametrize("now", [time.time_ns()])
def test_named_by_the_clock(now):
    pass
"""
EVALUATOR = """
import importlib.util

def evaluate(path):
    spec = importlib.util.spec_from_file_location("candidate", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    given = [[20 - 19 * (i == place) for i in range(10)] for place in (1, 6, 9)]
    return {"combined_score": sum(1 / module.cheapest(each) for each in given) / 3}
"""
COMMAND = """
import random, sys
sys.path.insert(0, "src")
from shop.price import cheapest
rng = random.Random(int(sys.argv[1]))
given = [rng.sample(range(1, 1000), 10) for _ in range(4)]
print("score", sum(min(each) / cheapest(each) for each in given) / 4)
"""
TRIES = (
    "def improve_algorithm(text, utility, model):\n    for each in {0!r}:\n        utility(each)\n    return {0!r}[0]\n"
)
PROJECT = {
    "pyproject.toml": "[project]\nname = 'shop'\n",
    "src/shop/__init__.py": "",
    "src/shop/price.py": ORIGINAL,
    "mark.py": MARK,
    "evaluate.py": EVALUATOR,
    "measure.py": COMMAND,
    "tests/test_price.py": TESTS,
    "all.py": TRIES.format([FAILS, VANISHES, PASSES]),
    "none.py": TRIES.format([FAILS, VANISHES]),
}
TESTED = f"{PYTEST} tests"
OTHERS = (
    "; 2 skipped or xfailed, at least in part (tests/test_price.py::Nothing::test_nothing, tests/test_price.py::test_skipped); "
    "left out: 1 fails for the original (tests/test_price.py::test_red), 2 flaky (tests/test_price.py::test_named_by_the_clock["
)
BEFORE = f"tests: 3 passed before{OTHERS}"
FORMS = {
    "function": ["mark.py:cheapest"],
    "evaluator": ["src/shop/price.py", "--evaluator", "evaluate.py"],
    "command": [
        *(".", "--files", "src/shop/price.py", "--command", "python measure.py {seed}", "--score", "score (.*)"),
        *("--metric", "score:max", "--trust-programs"),
    ],
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return written(tmp_path, PROJECT)


def improving(form: str, improver: str = "all.py", test: str = TESTED) -> list[str]:
    return ["improve", *FORMS[form], "--test", test, "--improver", improver, "--seed", "1", "--out", "there"]


def result(strop: Strop, folder: str = "there") -> Any:
    return json.loads(strop("show", folder, "--json").stdout)


def compared(folder: Path) -> set[str]:
    """The programs that ran on held-out instances."""
    found = {event.solution or "" for event in recorded(folder, Evaluated) if event.split == "test"}
    return {text.partition("\n")[2] if text.startswith("=== file") else text for text in found}


@pytest.mark.parametrize("form", FORMS)
def test_candidate_that_fails_a_test_or_lacks_one_is_out_and_the_next_best_is_compared(
    strop: Strop, project: Path, form: str
) -> None:
    ended = strop(*improving(form))
    assert ended.returncode == 0 and BEFORE in ended.stderr, ended.stderr
    assert told(ended.stdout, "tests").startswith(
        "the best candidate in training fails 1 test, tests/test_price.py::Nothing::test_nothing; the next candidate that is "
        f"better in training fails some, too; 3 pass; 2 candidates that ranked higher in training fail some{OTHERS}"
    )
    found = result(strop)
    assert [each["failing"] for each in found["tests"]["refused"]] == [
        ["tests/test_price.py::Nothing::test_nothing"],
        ["tests/test_price.py::test_word[One]", "tests/test_price.py::test_word[price.]"],
    ]
    assert "fails tests that pass for the original" in told(found, "search") and found["finding"] == "better"
    assert compared(project / "there") <= {ORIGINAL, PASSES}, "no other has touched the held-out instances"
    assert "prices[:5]" in (project / "there" / "best.diff").read_text()
    assert (project / "src/shop/price.py").read_text() == ORIGINAL
    shown = strop("show", "there", "--full").stdout
    assert "the best candidate in training fails 1 test: tests/test_price.py::Nothing::test_nothing" in shown
    assert "ValueError" in shown and "the next best fails 2 tests" in shown
    replayed = strop("replay", "there", "--out", "again")
    assert replayed.returncode == 0, replayed.stdout
    times = [[event.wall_seconds for event in recorded(project / name, SuiteRan)] for name in ("there", "again")]
    assert times[0] == times[1] and len(times[0]) == 4, "the replay runs no test"


def test_result_is_no_improvement_where_every_better_candidate_fails_a_test(strop: Strop, project: Path) -> None:
    ended = strop(*improving("function", "none.py"))
    first = "\nNo improvement: the best of 2 candidates fails 1 test that passes for the original.\n"
    assert ended.returncode == 0 and first in ended.stdout, ended.stdout
    assert told(ended.stdout, "tests") == (
        "the best candidate in training fails 1 test, tests/test_price.py::Nothing::test_nothing; "
        "the next candidate that is better in training fails some, too"
    )
    assert compared(project / "there") <= {ORIGINAL}
    assert result(strop)["finding"] == "unchanged" and not (project / "there" / "best.diff").exists()
    assert strop("replay", "there").returncode == 0


def test_command_without_a_junit_file_is_one_test(strop: Strop, project: Path) -> None:
    (project / "t.sh").write_text("PYTHONPATH=src python -c 'from shop.price import cheapest; cheapest([])'\n")
    ended = strop(*improving("command", test="sh t.sh"))
    assert "running your tests on the original, twice\n" in ended.stderr, ended.stderr
    assert "tests: 1 passed before\n" in ended.stderr, ended.stderr
    assert told(ended.stdout, "tests").endswith("; 1 pass; 1 candidate that ranked higher in training fails some")
    assert [each["failing"] for each in result(strop)["tests"]["refused"]] == [["sh t.sh"]]


@pytest.mark.parametrize("test", [f"{PYTEST} elsewhere", f"{PYTEST} -k red", "no-such-program"])
def test_run_is_refused_before_anything_is_paid_where_no_test_passes_for_the_original(
    strop: Strop, project: Path, test: str
) -> None:
    model = ["--model", f"command:touch {project}/paid", "--lm-budget", "1"]
    ended = strop("improve", *FORMS["function"], "--test", test, *model)
    assert ended.returncode == 2 and not (project / "paid").exists(), ended.stderr
    line = ended.stderr.splitlines()[-1]
    assert line.startswith(f"strop: --test: no test passes for the original: '{test}' ended with exit status ")
    assert "--python" in line and "leave --test out" in line


def test_check_runs_the_tests_and_score_and_tasks_refuse_them(strop: Strop, project: Path) -> None:
    checked = strop("check", *FORMS["function"], "--test", TESTED)
    assert checked.returncode == 0 and f"T{BEFORE[1:]}" in checked.stdout, checked.stdout
    broken = strop("check", *FORMS["command"], "--test", "false")
    assert broken.returncode == 5 and "Broken: --test: no test passes for the original" in broken.stdout
    for refused in (
        strop("score", *FORMS["command"], "--test", TESTED),
        strop("improve", "lpn", "--test", TESTED),
    ):
        assert refused.returncode == 2 and "--test does not apply to" in refused.stderr, refused.stderr
        assert refused.stderr.count("\n") == 1


def test_dry_run_with_tests_runs_none_and_python_takes_them_too(
    strop: Strop, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = strop(*improving("function", test="no-such-program"), "--dry-run")
    assert planned.returncode == 0 and not (project / "there").exists(), planned.stderr
    monkeypatch.chdir(project)
    monkeypatch.setenv("XDG_DATA_HOME", str(project / "data"))
    found = library.improve(
        "mark.py:cheapest", test=TESTED, improver="all.py", model="offline", seed=1, out="there", workers="1"
    )
    assert found.tests is not None and (found.tests.passed, len(found.tests.refused)) == (3, 2)


def test_run_that_is_killed_before_its_comparison_asks_no_test_again(
    strop: Strop, start_strop: Start, project: Path
) -> None:
    toml = "files = ['src/shop/price.py']\ncommand = 'python measure.py {seed}'\nscore = { score = 'score (.*)' }\n"
    written(
        project,
        {
            "strop.toml": f"{toml}metric = 'score:max'\ninstances = 1\nheld_out = 8\ntest = '{TESTED}'\n",
            "measure.py": f"import os, time\ntime.sleep(0 if os.path.exists('{project}/tool/go') else 0.5)\n{COMMAND}",
            "tool/there": "",
        },
    )
    started = start_strop(
        *("improve", ".", "--improver", "all.py", "--seed", "1", "--set", f"tool={project}/tool", "--out", "there")
    )
    stopped_at(started, project / "there", 4, signal.SIGKILL, "event WHERE kind = 'SuiteRan'")
    assert started.returncode == -signal.SIGKILL, "it had ended before"
    assert result(strop)["finding"] == "unfinished"
    assert "prices[:5]" in (project / "there" / "best.diff").read_text()
    before = recorded(project / "there", SuiteRan)
    (project / "tool/go").touch()
    (project / "tests/test_price.py").unlink()
    resumed = strop("resume", "there")
    assert resumed.returncode == 0 and "3 pass; 2 candidates" in told(resumed.stdout, "tests"), resumed.stderr
    assert recorded(project / "there", SuiteRan) == before and len(before) == 4
    assert strop("replay", "there").returncode == 0


def test_function_whose_run_was_killed_is_tested_as_its_project_was(
    strop: Strop, start_strop: Start, project: Path
) -> None:
    started = start_strop(*improving("function"))
    stopped_at(started, project / "there", 1, signal.SIGKILL, "event WHERE kind = 'SuiteRan'")
    assert started.returncode == -signal.SIGKILL, "it had ended before"
    shutil.rmtree(project / "tests")
    resumed = strop("resume", "there")
    assert resumed.returncode == 0 and "3 pass; 2 candidates" in told(resumed.stdout, "tests"), resumed.stderr
    assert len(recorded(project / "there", SuiteRan)) == 4


ASKS = """
def improve_algorithm(text, utility, model):
    utility({0!r})
    model.prompt("an expert", "one")
    utility({1!r})
    model.prompt("an expert", "two")
    utility({2!r})
    return {2!r}
"""


def test_search_that_goes_on_tests_what_it_finds_and_nothing_again(strop: Strop, project: Path) -> None:
    best = PASSES.replace("[:5]", "[:9]")
    written(project, {"asks.py": ASKS.format(FAILS, PASSES, best), "answer.md": "nothing\n"})
    asks = [*improving("function", "asks.py"), "--model", f"command:cat {project}/answer.md", "--max-calls", "1"]
    ended = strop(*asks, "--max-responses", "1")
    assert ended.returncode == 0
    assert "3 pass; 1 candidate that ranked higher in training fails some" in told(ended.stdout, "tests")
    assert "prices[:5]" in (project / "there" / "solution.diff").read_text()
    resumed = strop("resume", "there", "--max-calls", "9")
    assert resumed.returncode == 0 and told(resumed.stdout, "comparison") == "number 2 of this run", resumed.stderr
    assert "prices[:9]" in (project / "there" / "solution.diff").read_text()
    assert [event.solution for event in recorded(project / "there", SuiteRan)] == [ORIGINAL, FAILS, PASSES, best]
    assert strop("replay", "there").returncode == 0
