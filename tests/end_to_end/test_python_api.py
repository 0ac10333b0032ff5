"""What the commands do, from Python: tasks and models made in a session, results that show themselves, threads."""

from __future__ import annotations

import io
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest
from rich.console import Console

import strop
from strop.api.improvement import Improved
from strop.base.printing import Printable, print_result
from strop.lm.base import Request
from strop.lm.callable import CallableModel

SEED = "def algorithm(n):\n    return 0\n"
DOUBLE = "def algorithm(n):\n    return 2 * n\n"
EVIL = "<script>alert(1)</script>[bold red]&amp;\x1b[31m\x1b]0;title\x07"


def doubling(**changes: object) -> strop.Task:
    settings: dict[str, object] = {
        "name": "doubling",
        "sample": lambda rng: {"n": int(rng.integers(1, 10**9))},
        "score": lambda instance, answer: float(answer == 2 * instance["n"]),
        "seed": SEED,
        "description": "Double n.",
        "instances": 8,
        "test_instances": 16,
        **changes,
    }
    return strop.Task(**settings)  # type: ignore[arg-type]


def answering(program: str) -> CallableModel:
    return CallableModel(lambda request: f"```python\n{program}```", name="mine", is_language_model=False)


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


SMALL = {"utility_budget": 3, "lm_budget": 1, "require": "none"}


def improved(**changes: object) -> Improved:
    options: dict[str, object] = {"model": answering(DOUBLE), "out": "run", "seed": 1, **SMALL, **changes}
    return strop.improve(doubling(), **options)  # type: ignore[arg-type]


def test_task_and_model_of_a_session_are_improved_without_a_file(capfd: pytest.CaptureFixture[str]) -> None:
    found = improved()
    assert found.finding == "better" and found.program == DOUBLE and "+    return 2 * n" in found.diff
    assert capfd.readouterr() == ("", "")
    with pytest.raises(FrozenInstanceError):
        found.finding = "worse"  # type: ignore[misc]
    change = found.change
    assert change is not None and (change.before, change.after, change.amount) == (0.0, 1.0, 1.0)
    assert (change.metric.name, change.scale, change.n) == ("score", "difference", 8)
    assert change.interval is None and change.deterministic, "all instances gain alike"
    assert str(found).startswith(f"{found.sentence}\nscore: 1 higher score, from ")
    assert repr(found) == "<Improved better: score 0 -> 1, n=8, in run>"


def test_unchanged_program_is_compared_with_nothing_and_progress_is_told_where_it_is_asked_for(
    capfd: pytest.CaptureFixture[str],
) -> None:
    found = improved(model=answering(SEED), progress=True)
    assert (found.change, found.original.test, found.finding) == (None, None, "unchanged")
    out, told = capfd.readouterr()
    assert out == "" and "candidate" in told and "2 LM calls" not in told and len(told.splitlines()) > 2
    assert strop.load("run") == found
    with pytest.raises(strop.ConfigurationError, match="no run is called another"):
        strop.load("another")


def test_run_of_a_session_s_task_says_what_is_missing_when_it_is_resumed() -> None:
    """It is stopped by its model, so that there is something to go on with."""

    def fails(request: Request) -> str:
        raise OSError("no answer")

    with pytest.raises(strop.StropError) as error:
        strop.improve(doubling(), model=fails, out="run", **SMALL)  # type: ignore[arg-type]
    assert error.value.__notes__[0] == "To continue: strop resume run"
    ended = subprocess.run([sys.executable, "-m", "strop", "resume", "run"], capture_output=True, text=True)
    assert ended.returncode == 2 and "Traceback" not in ended.stderr
    assert "the task doubling was made in a Python session, so it cannot be loaded again" in " ".join(
        ended.stderr.split()
    )


def test_improvements_run_in_threads_with_one_model_and_leave_the_process_as_it_was() -> None:
    before = (signal.getsignal(signal.SIGINT), sys.stdout, sys.stderr, signal.set_wakeup_fd(-1))
    signal.set_wakeup_fd(before[3])
    threads, model = set(threading.enumerate()), answering(DOUBLE)  # earlier tests leave some
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(improved, model=model, out=f"run{number}") for number in range(2)]
        assert [each.result().finding for each in runs] == ["better", "better"]
    assert improved(model=model, out="run2").finding == "better"
    assert (signal.getsignal(signal.SIGINT), sys.stdout, sys.stderr) == before[:3]
    assert len(set(threading.enumerate()) - threads) < 10


def test_score_takes_a_text_a_file_or_the_task_s_own_seed(tmp_path: Path) -> None:
    (tmp_path / "double.py").write_text(DOUBLE)
    task = doubling()
    for program in (DOUBLE, "double.py", tmp_path / "double.py"):
        assert strop.score(program, task=task, require="none").value == 1.0
    found = strop.score(task=task, split="test", require=())
    assert found.value < 1 and found.split == "test" and repr(found).startswith("<Scored doubling test: 0.0000>")
    with pytest.raises(strop.StropError, match="is not a task: name one"):
        strop.score(DOUBLE, task=len)


def test_train_and_compare_take_tasks_and_models_of_a_session() -> None:
    tasks = [doubling(), doubling(name="again")]
    options = {"copies": 1, **SMALL, "max_responses": 2}
    trained = strop.train(tasks, model="offline", seed=1, iterations=0, out="train", **options)  # type: ignore[arg-type]
    assert trained.file.is_file() and "best.py" in repr(trained)
    found = strop.evaluate("seed", "best_of_n", task=tasks, model=answering(DOUBLE), out="compare", **options)  # type: ignore[arg-type]
    assert found.sentence and repr(found).startswith("<Measured: ")
    for each in (trained, found):
        assert "<pre" in each._repr_html_()


def test_function_under_the_mark_is_a_target_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "marked.py").write_text(
        "import strop\n\n\n"
        "@strop.improve_me(score=lambda answer, n: float(answer == 2 * n), cases=[(n,) for n in range(24)])\n"
        "def algorithm(n):\n    return 0  # not yet\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    import marked  # type: ignore[import-not-found]

    found = strop.improve(marked.algorithm, model=answering(DOUBLE), out="run", seed=1, **SMALL)  # type: ignore[arg-type]
    assert found.finding == "better" and found.diff.startswith("--- a/marked.py")
    found.apply(force=True)
    text = (tmp_path / "marked.py").read_text()
    assert text.startswith("import strop\n\n\n@strop.improve_me(") and text.endswith(
        "):\n    return 2 * n\n".removeprefix("):")
    )


def shown_as_html(result: Printable) -> str:
    html = result._repr_html_()
    assert "<script" not in html and "\x1b" not in html and "\x07" not in html
    return html


def test_hostile_texts_change_nothing_in_a_notebook_or_a_terminal() -> None:
    program = f"# {EVIL}\n{DOUBLE}".replace("\x1b", "").replace("\x07", "")
    hostile = improved(model=answering(program))
    assert "<script>" not in shown_as_html(hostile)
    score = replace(strop.score(DOUBLE, task=doubling(), require="none"), error=EVIL, notes=(EVIL,), task=EVIL)
    assert "&lt;script&gt;alert(1)" in shown_as_html(score) and "[bold red]" in shown_as_html(score)
    console = Console(file=io.StringIO(), width=100, force_terminal=True)
    console.print(score)
    print_result(hostile, console, full=True)
    written = console.file.getvalue()  # type: ignore[attr-defined]
    assert "[bold red]" in written and "\x07" not in written and "\x1b]" not in written
    assert set(re.findall(r"\x1b\[[0-9;]*([A-Za-z])", written)) <= {"m"}


LIMIT = """import strop

LIMIT = 3


def sample(rng):
    return {"n": int(rng.integers(5, 100))}


def score(answer, n):
    return 0.2 * answer


@strop.improve_me(score=score, sample=sample, instances=4, test_instances=8)
def f(n):
    return min(n, LIMIT) - 1
"""
