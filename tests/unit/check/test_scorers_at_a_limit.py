"""Spoiled answers stop at the first limit that is reached, in one line, whatever scores them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from strop.checks.before_run import refuse_rewarding
from strop.checks.check import check
from strop.checks.relay import SOONER
from strop.evaluation.functions.load import load_any
from strop.runs.evaluators import evaluator_for
from strop.runs.spec import RunSpec
from strop.tasks.command.config import command_task
from strop.tasks.command.task import AnyTask
from strop.tasks.evaluator.task import evaluator_task
from support.trees import written

pytestmark = [pytest.mark.process, pytest.mark.heavy]

HEAD = """
import itertools, os, strop

def sample(rng):
    return {"n": int(rng.integers(9))}

def score(instance, answer):
    if answer != [1, instance["n"]]:
        WAIT
    return 0.5

def f(n):
    return [1, n]
"""
WAITS = "os.read(os.pipe()[0], 1)  # what would end it is open in the same process"
TASK = (
    HEAD
    + """
task = strop.Task("waits", sample, score, "def f(n):\\n    return [1, n]\\n", "f", instances=2, score_limit=0.1)
"""
)
MARK = HEAD.replace("def f", "@strop.improve_me(sample=sample, score=score, instances=2, score_limit=0.1)\ndef f")
EVALUATOR = """
import importlib.util, multiprocessing

def answers(path, end):
    spec = importlib.util.spec_from_file_location("program", path)
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    end.send(1 / (1 + abs(program.f(3)[2] - 2)))

def evaluate(path):
    here, there = multiprocessing.Pipe()
    multiprocessing.get_context("fork").Process(target=answers, args=(path, there)).start()
    return {"combined_score": here.recv()}
"""
JUDGE = "test -s $1 || { echo MemoryError >&2; exit 1; }\necho score: 3\n"
SAID = {
    "task": "of 23 (score() took more than 0.1 s on this answer)",
    "mark": "of 23 (score() took more than 0.1 s on this answer)",
    "evaluator": " of 32 (wall time limit of 2 s reached)",
    "judge": "1 of 13 (exit status 1, after it could not have more than 4096 MiB)",
    "stuck": "its scorer took too long on an answer, and nothing in it could be interrupted",
}
"""The form of a scorer that reaches its limit on wrong answers → what is said of that."""


def made(form: str, folder: Path) -> AnyTask:
    """A task with a scorer of this form."""
    folder = written(folder, {"program.py": "def f(n):\n    return [0, 1, n]\n", "e.py": EVALUATOR, "judge.sh": JUDGE})
    if form == "evaluator":
        return evaluator_task(folder / "program.py", folder / "e.py", time_limit=2.0)
    if form == "judge":
        (folder / "p.sh").write_text("echo $1\n")
        judge = {"command": "sh p.sh {seed}", "judge": "sh judge.sh {output}", "score": ["score: (.*)"]}
        return command_task(folder, files=["p.sh"], metric=["score:max"], **judge)
    text = (MARK if form == "mark" else TASK).replace("WAIT", "sum(itertools.repeat(0))" if form == "stuck" else WAITS)
    (folder / "waits.py").write_text(text)
    return load_any(f"{folder / 'waits.py'}{':f' if form == 'mark' else ''}")


@pytest.mark.parametrize(
    "form", [pytest.param(form, marks=pytest.mark.slow if form in ("mark", "stuck") else ()) for form in SAID]
)
def test_run_and_check_go_on_after_the_one_spoiled_answer_on_which_the_scorer_reaches_its_limit_and_say_so(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], form: str
) -> None:
    task = made(form, tmp_path)
    with closing(evaluator_for(RunSpec(workers="1"), [task], asks=False)) as evaluator:
        refuse_rewarding([task], evaluator, b"s" * 32)
        found = check(task, evaluator, b"s" * 32)
    (line,) = [line for line in capfd.readouterr().err.splitlines() if SAID[form] in line]
    assert line.startswith(f"strop: task {task.name}: ") and f"no more spoiled answers were tried. {SOONER}" in line
    assert not found.broken and any("no more spoiled answers were tried" in line for line in found.lines), found.lines
