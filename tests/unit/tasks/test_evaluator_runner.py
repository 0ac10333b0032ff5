"""The script that runs evaluator files, as the process that it is in a workspace."""

from __future__ import annotations

import inspect
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from strop.base import scorer_notes
from strop.tasks.evaluator import runner as evaluator_runner
from strop.tasks.evaluator.task import RUNNER, evaluator_task, recognise
from support.rows import table

LOADING = """
import importlib.util
def load(path):
    spec = importlib.util.spec_from_file_location("program", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
"""
PROGRAM = "def answer():\n    return 6.0\n"


def ran(
    folder: Path, evaluator: str, program: str = PROGRAM, form: str = "path", seed: int = 3, at: str = "evaluator.py"
) -> subprocess.CompletedProcess[str]:
    (folder / at).write_text(evaluator)
    (folder / "program.py").write_text(program)
    (folder / "tmp").mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, str(RUNNER), form, at, "program.py"],
        cwd=folder,
        env={**os.environ, "STROP_SEED": str(seed), "TMPDIR": str(folder / "tmp")},
        capture_output=True,
        text=True,
        check=False,
    )


def result(run: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert run.returncode == 0, run.stderr
    (line,) = run.stdout.splitlines()
    found = json.loads(line)
    assert isinstance(found, dict)
    return found


def notes(run: subprocess.CompletedProcess[str]) -> list[str]:
    return [
        line.removeprefix(scorer_notes.PREFIX)
        for line in run.stderr.splitlines()
        if line.startswith(scorer_notes.PREFIX)
    ]


class Metrics:
    metrics: ClassVar = {"combined_score": 2.5}
    artifacts: ClassVar = {"error": None}


@table(
    ("given", "score", "name"),
    [
        (2.5, 2.5, "score"),
        (Metrics(), 2.5, "combined_score"),
        ({"score": 2.5, "a": 1, "valid": True, "error": 0.25}, 2.5, "score"),
        ({"score": np.float32(2.5), "b": np.int64(4)}, 2.5, "score"),
        ({"combined_score": 2.5, "score": 9, "details": [9]}, 2.5, "combined_score"),
        ((2.5, {"scores": {"speed": 9, "combined_score": 7}, "feedback": "slow"}), 2.5, "score"),
        ((2.5, None), 2.5, "score"),
        ({"score": 2.5, "cases": np.array([1.0, 0.0]), "none": np.array([])}, 2.5, "score"),
        ({"score": 2.5, "error": "None", "exception": " OK. "}, 2.5, "score"),
        # Nothing takes the place of what is no number.
        ({"combined_score": "0.9", "score": 1.0}, "0.9", "combined_score"),
        ({"combined_score": True, "score": 1.0}, "True", "combined_score"),
    ],
)
def test_score_is_found_in_every_form_that_optimizers_accept(given: Any, score: Any, name: str) -> None:
    values, _ = evaluator_runner.read_result(given)
    assert evaluator_runner.score_of(values) == {"score": score, "score_is": name}


@table(
    ("given", "said"),
    [
        ({"valid": 0, "timeout_s": 600}, "the program failed: valid is 0"),
        ({"combined_score": 9.0, "validity": 0.0}, "the program failed: validity is 0.0"),
        ({"combined_score": 9.0, "correct": False}, "the program failed: correct is False"),
        ({"combined_score": 9.0, "timeout": True}, "the program failed: timeout is True"),
        ({"combined_score": 9.0, "status": "Failed"}, "the program failed: status is 'Failed'"),
        ((9.0, {"error": "overlap"}), "the program failed: error is 'overlap'"),
        (("9.0", {}), "the evaluator's score is not a number: '9.0'"),
        ({"accuracy": 0.9, "f1": 0.7}, "gives accuracy, f1, but neither combined_score nor score: say what counts"),
        ({}, "gives nothing, but neither combined_score nor score"),
        (True, "returned neither metrics nor a number: True"),
        ("high", "returned neither metrics nor a number: 'high'"),
    ],
)
def test_result_of_a_program_that_failed_or_without_a_number_has_no_score(given: Any, said: str) -> None:
    with pytest.raises((TypeError, ValueError), match=re.escape(said)):
        evaluator_runner.score_of(evaluator_runner.read_result(given)[0])


def test_message_of_several_lines_is_one_and_no_note(tmp_path: Path) -> None:
    run = ran(tmp_path, "def evaluate(path): raise ValueError('a\\nstrop-note: b\\x0cstrop-note: c')")
    assert run.stderr.splitlines()[-1] == r"ValueError: a\nstrop-note: b\nstrop-note: c"


def test_artifacts_and_texts_become_notes_of_one_line_each(tmp_path: Path) -> None:
    evaluator = """
import numpy
class Odd:
    def __str__(self): raise ValueError
    def __eq__(self, other): raise ValueError
    def __float__(self): raise ZeroDivisionError
class EvaluationResult:
    metrics = {'score': 1, 'why': 'too slow', 'cases': numpy.array([1.0, 0.5]), 'odd': Odd()}
    artifacts = {'stderr': 'one\\ntwo', 'raw': b'\\xff', 'none': '', 'empty': [], 'more': {'a': numpy.array([1])}}
def evaluate(path): return EvaluationResult()
"""
    said = ["why: too slow", "cases: [1.  0.5]", "odd: a value of type Odd"]
    said += ["stderr: one\\ntwo", "raw: \N{REPLACEMENT CHARACTER}", 'more: {"a": "[1]"}']
    assert notes(ran(tmp_path, evaluator)) == said


def test_runner_that_imports_nothing_writes_and_cuts_notes_as_strop_note_does() -> None:
    for name in ("PREFIX", "MOST_NOTES", "MARK"):
        assert getattr(evaluator_runner, name) == getattr(scorer_notes, name)
    assert evaluator_runner.MOST_CHARACTERS == scorer_notes.NOTE_CHARACTERS
    assert inspect.getsource(evaluator_runner.shortened) == inspect.getsource(scorer_notes.shortened)


@table(
    ("source", "form"),
    [
        ("async def evaluate(path):\n    await asyncio.sleep(0)\n    return 4.0", "path"),
        ("async def one(path): return 4.0\nevaluate = one", "path"),
        ("async def evaluator(candidate): return 4.0, {}", "text"),
        (
            "async def main(program_path, results_dir):\n    for name in ('metrics', 'correct'):\n"
            "        open(f'{results_dir}/{name}.json', 'w').write('{\"score\": 4.0, \"correct\": true}')",
            "results",
        ),
    ],
)
def test_evaluator_that_is_async_is_awaited(tmp_path: Path, source: str, form: str) -> None:
    (tmp_path / "evaluator.py").write_text(f"import asyncio\n{source}")
    assert recognise(tmp_path / "evaluator.py").form == form
    assert result(ran(tmp_path, f"import asyncio\n{source}", form=form))["score"] == 4.0


@table("form", ["path", "text"])
def test_byte_order_mark_is_no_part_of_an_evaluator_or_a_program(tmp_path: Path, form: str) -> None:
    first = "candidate" if form == "text" else "path"
    read = "candidate" if form == "text" else "open(path, encoding='utf-8-sig').read()"
    source = f"\ufeffdef evaluate({first}): return float({read})"
    assert result(ran(tmp_path, source, "\ufeff6", form=form))["score"] == 6.0
    assert recognise(tmp_path / "evaluator.py").form == form
    assert "\ufeff" not in evaluator_task(tmp_path / "program.py", tmp_path / "evaluator.py").description


@table("folder", [".", "pkg", "pkg/sub"])
@table("is_package", [True, False])
def test_evaluator_that_imports_relatively_or_from_the_folder_of_everything_finds_its_modules(
    tmp_path: Path, folder: str, is_package: bool
) -> None:
    (tmp_path / "top.py").write_text("")
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    (tmp_path / folder / "mine.py").write_text("VALUE = 4")
    if is_package:
        (tmp_path / folder / "__init__.py").write_text("MORE = 5")
    more = "MORE" if is_package else "mine as MORE"
    source = f"from . import {more}\nfrom .mine import VALUE\nimport top\ndef evaluate(path): return VALUE\n"
    assert result(ran(tmp_path, source, at=f"{folder}/evaluator.py"))["score"] == 4.0


def test_notes_are_cut_when_there_is_much_to_tell(tmp_path: Path) -> None:
    told = notes(ran(tmp_path, "def evaluate(path): return 1.0, {str(i): 'x' * 9999 for i in range(99)}"))
    assert len(told) == evaluator_runner.MOST_NOTES
    assert max(map(len, told)) < evaluator_runner.MOST_CHARACTERS + 10


def test_what_the_program_prints_is_no_part_of_the_result(tmp_path: Path) -> None:
    program = """
import atexit, os, subprocess, sys
print("score: 1e9", flush=True)
os.write(1, b"score: 1e9\\n")
subprocess.run([sys.executable, "-c", "print('score: 1e9')"])
atexit.register(print, "score: 1e9 at exit")
def answer(): return 6.0
"""
    run = ran(tmp_path, LOADING + "def evaluate(path): return load(path).answer()", program)
    assert result(run)["score"] == 6.0
    assert (run.stderr.count("score: 1e9"), "at exit" in run.stderr) == (3, False)


def test_a_traceback_is_the_last_thing_that_is_said(tmp_path: Path) -> None:
    program = "print('about to fail')\nraise KeyError('key of mine')"
    run = ran(tmp_path, LOADING + "def evaluate(path): return load(path).answer()", program)
    assert run.stderr.splitlines()[-1] == "KeyError: 'key of mine'"
    assert (run.returncode, run.stdout) == (1, "")
    assert "about to fail" in run.stderr


def test_a_result_is_passed_on_when_a_process_of_the_program_lives_on(tmp_path: Path) -> None:
    program = "import os, time\nif os.fork() == 0:\n    time.sleep(60)\n    os._exit(0)\ndef answer(): return 6.0"
    (tmp_path / "evaluator.py").write_text(LOADING + "def evaluate(path): return load(path).answer()")
    (tmp_path / "program.py").write_text(program)
    command = [sys.executable, str(RUNNER), "path", "evaluator.py", "program.py"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    ) as run:
        try:
            assert run.stdout is not None
            assert json.loads(run.stdout.readline())["score"] == 6.0
            assert run.wait() == 0
        finally:
            os.killpg(run.pid, signal.SIGKILL)


def test_the_same_seed_gives_the_same_draws_and_another_seed_others(tmp_path: Path) -> None:
    program = "import random, numpy\ndef answer(): return random.random() + numpy.random.rand()"
    scores = [
        result(ran(tmp_path, LOADING + "def evaluate(path): return load(path).answer()", program, seed=seed))["score"]
        for seed in (1, 1, 2**40)
    ]
    assert scores[0] == scores[1] != scores[2]


def test_an_evaluator_with_a_parameter_seed_gets_it(tmp_path: Path) -> None:
    assert result(ran(tmp_path, "def evaluate(path, seed=0): return seed", seed=11))["score"] == 11


def test_an_evaluator_of_texts_gets_the_text_and_its_side_information_is_told(tmp_path: Path) -> None:
    evaluator = """
def evaluate(candidate):
    return len(candidate), {'scores': {'lines': candidate.count('\\n')}, 'feedback': 'short'}
"""
    run = ran(tmp_path, evaluator, "one\ntwo\n", form="text")
    assert result(run)["metrics"] == {"lines": 2.0, "score": 8.0}
    assert notes(run) == ["feedback: short"]


SHINKA = """
import argparse, json, os
def main(program_path: str, results_dir: str):
    metrics = {"combined_score": len(open(program_path).read()), "public": {"length": 3}, "private": {"secret": "hidden"},
               "text_feedback": "too long"}
    json.dump(metrics, open(os.path.join(results_dir, "metrics.json"), "w"))
    json.dump({"correct": CORRECT, "error": ERROR}, open(os.path.join(results_dir, "correct.json"), "w"))
"""
BY_COMMAND_LINE = """
if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--program_path")
    parser.add_argument("--results_dir")
    given = parser.parse_args()
    RUN(given.program_path, given.results_dir)
"""


@table(
    "source",
    [SHINKA, SHINKA.replace("def main", "def work") + BY_COMMAND_LINE.replace("RUN", "work")],
    ids=["main", "script"],
)
def test_results_that_an_evaluator_leaves_in_a_folder_are_read_without_what_is_private(
    tmp_path: Path, source: str
) -> None:
    run = ran(tmp_path, source.replace("CORRECT", "True").replace("ERROR", "None"), "four", form="results")
    assert result(run)["metrics"] == {
        "length": 3.0,
        "combined_score": 4.0,
        "text_feedback": "too long",
        "correct": True,
    }
    assert notes(run) == ["text_feedback: too long"]
    assert "hidden" not in run.stderr + run.stdout
    assert list((tmp_path / "tmp").iterdir()) == []


def test_an_incorrect_program_is_reported_as_such(tmp_path: Path) -> None:
    run = ran(tmp_path, SHINKA.replace("CORRECT", "False").replace("ERROR", "'overlap'"), form="results")
    assert result(run)["metrics"]["correct"] is False
    assert notes(run)[0] == "error: overlap"


def test_the_evaluators_own_modules_are_found_and_those_of_strop_are_not(tmp_path: Path) -> None:
    (tmp_path / "objective.py").write_text("VALUE = 4")
    assert result(ran(tmp_path, "import objective\ndef evaluate(path): return objective.VALUE"))["score"] == 4.0
    (tmp_path / "objective.py").unlink()
    assert "No module named 'objective'" in ran(tmp_path, "import objective\ndef evaluate(path): return 1").stderr
