"""`strop eval`, also `--against`, from the outside."""

from __future__ import annotations

import json
import shlex
import signal
from pathlib import Path
from typing import Any

import pytest

from end_to_end.conftest import Strop, events_in, stopped_at
from support.processes import wait_until
from support.records import from_elsewhere
from support.tables import widest

SMALL = shlex.split("--copies 2 --lm-budget 1 --max-responses 2 --utility-budget 3 --seed 1")
SLOW = """import time
import strop

def sample(rng):
    return {"x": 1.0}

def score(instance, answer):
    time.sleep(0.2)
    return 0.5 * (answer == instance["x"])

task = strop.Task(name="slow", sample=sample, score=score, seed="def algorithm(x):\\n    return x\\n")
"""
"""Its scorer alone keeps a measurement busy for half a minute, whatever the machine."""
IDLE = "def improve_algorithm(initial_solution, utility, language_model):\n    return initial_solution\n"


def test_eval_of_two_improvers_on_two_tasks_is_a_table_and_a_document(strop: Any, tmp_path: Path) -> None:
    (tmp_path / "idle.py").write_text(IDLE)
    asked = ["eval", "idle.py", "chain_of_thought", "--task", "parity", "--task", "string-grid-distance", *SMALL]
    document = json.loads(strop(*asked, "--out", "a", "--json").stdout)
    assert [(cell["task"], cell["improver"]) for cell in document["cells"]] == [
        (task, improver)
        for task in ("parity", "string-grid-distance")
        for improver in ("seed", "idle.py", "chain_of_thought")
    ]
    for seed, idle in zip(document["seed_solutions"], [document["cells"][1], document["cells"][4]], strict=True):
        assert idle["test"]["values"] == [pytest.approx(seed["test"]["value"], abs=0.35)] * 2
    assert [each["improver"] for each in document["differences"]] == ["idle.py", "chain_of_thought"] * 2
    assert document["kind"] == "eval" and document["tasks"] == ["parity", "string-grid-distance"]
    assert all({"mean", "stderr", "interval", "values"} <= set(cell["train"]) for cell in document["cells"])
    endings = [[ending["outcome"] for ending in cell["endings"]] for cell in document["cells"]]
    assert endings == [["ok", "ok"]] * 6 and [cell["lm_calls"] for cell in document["cells"][:2]] == [2, 0]
    shown = strop(*asked, "--out", "b")
    assert widest(shown.stdout) <= 80
    assert "parity: measuring idle.py" in shown.stderr and "strop show b --full" in shown.stdout
    for cell in document["cells"]:
        assert f"{cell['test']['mean']:.3f}" in shown.stdout, "the same seed gives the same figures"
    from_elsewhere(tmp_path / "b")
    assert strop("show", "b").stdout.startswith("unverified: b was made with a key that is not on this machine")


@pytest.mark.slow
def test_eval_that_was_killed_goes_on_where_it_was(start_strop: Any, strop: Any, tmp_path: Path) -> None:
    tasks = shlex.split("--task parity --task lpn --task string-grid-distance")
    for number, others in enumerate(([], ["--against", "beam_search"])):
        parts = f"parts{number}"
        asked = ["eval", "seed", *others, *tasks, *SMALL, "--json", "--out"]
        stopped_at(start_strop(*asked, parts), tmp_path / parts, 2, where="improvement_end")
        resumed = strop("resume", parts, "--json")
        assert resumed.returncode == 0, resumed.stderr
        found = json.loads(resumed.stdout)
        assert [cell["task"] for cell in found["cells"]] == [task for task in tasks[1::2] for _ in found["improvers"]]
        whole = json.loads(strop(*asked, f"whole{number}").stdout)
        for document in (found, whole):
            del document["directory"]
            for seed in document["seed_solutions"]:
                for split in ("train", "test"):  # times that a clock measured
                    del seed[split]["cpu_seconds"], seed[split]["wall_seconds"], seed[split]["seconds"]
        assert found == whole, "what was cut short goes on: it is not measured anew"
        before = (tmp_path / parts / "run.sqlite").read_bytes()
        again = strop("resume", parts, "--json")
        assert again.stdout == resumed.stdout and "there is nothing to continue" in again.stderr
        assert (tmp_path / parts / "run.sqlite").read_bytes() == before


@pytest.mark.slow
def test_eval_that_is_stopped_prints_what_is_there_and_says_how_to_go_on(start_strop: Any, tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    places = ["--workers", "4"]  # so many that the slow task's two copies cannot keep parity waiting
    process = start_strop("eval", "seed", "--task", "parity", "--task", "slow.py", *SMALL, *places, "--out", "there")
    parity = "evaluation WHERE utility = 'parity' AND split = 'test'"  # its seed's, and that of each copy
    wait_until(lambda: events_in(tmp_path / "there", parity) >= 3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "test split" in out and "To continue: strop resume there" in err


def test_commands_on_records_say_what_an_eval_is(strop: Any) -> None:
    assert strop("eval", "seed", "--task", "parity", *SMALL, "--out", "there").returncode == 0
    assert "only the seed improver was measured" in strop("show", "there").stdout
    assert strop("resume", "there").stderr.startswith("there is finished")
    for command in ("replay", "apply"):
        ended = strop(command, "there")
        assert ended.returncode == 2 and "is the record of strop eval" in ended.stderr, command


VALUE = """import strop

def sample(rng):
    "A number."
    return {{"x": 1.0}}

def score(instance, answer):
    "The number that the program returns."
    return answer

task = strop.Task(name="{name}", sample=sample, score=score, seed="def value(x):\\n    return 0.1\\n", entry="value")
"""


def test_eval_shows_the_gain_on_tasks_that_no_improver_was_trained_on_when_one_was_trained(
    strop: Any, tmp_path: Path
) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / f"{name}.py").write_text(VALUE.format(name=name))
    programs = ["```python\ndef value(x):\n    return 0.6\n```"] * 40
    (tmp_path / "answers.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in programs))
    improver = "def improve_algorithm(initial_solution, utility, language_model):\n    return initial_solution\n"
    (tmp_path / "idle.py").write_text(improver)
    model = ["--model", "scripted:answers.jsonl"]
    trained = shlex.split("run one.py -T 1 --copies 1 --improver idle.py --selection paper --out r")
    assert strop(*trained, *model).returncode == 0
    tasks = [word for name in ("one", "two", "three") for word in ("--task", f"{name}.py")]
    asked = ["eval", "r:1", "best_of_n", *tasks, "--copies", "2", "--lm-budget", "1", *model, "--out", "a"]
    assert "* a task that the improver was trained on" in strop(*asked).stdout
    document = json.loads(strop("show", "a", "--json").stdout)
    assert document["trained_on"] == {"r:1": ["one"]}
    gains = {row["improver"]: (round(row["mean"], 6), row["n"]) for row in document["transfer"]}
    assert gains == {"seed": (0.5, 4), "r:1": (0.0, 4), "best_of_n": (0.5, 4)}, "two unseen tasks of two copies"


KNOWS = """def improve_algorithm(initial_solution, utility, language_model):
    return "def algorithm(x):\\n    return 2 * x\\n"
"""
TASK = """import strop

def sample(rng):
    return {{"x": float(rng.random())}}

def score(instance, answer):
    return max(0.0, 1 - abs(2 * instance["x"] - float(answer)))

task = strop.Task(name="{name}", sample=sample, score=score, seed="def algorithm(x):\\n    return x\\n")
"""
TWO = ["--task", "one.py", "--task", "two.py"]
ENOUGH = ["--copies", "6", *SMALL[2:]]
"""Copies that can show what is looked for."""


@pytest.fixture(autouse=True)
def programs(tmp_path: Path) -> None:
    for name, text in {"idle": IDLE, "knows": KNOWS}.items():
        (tmp_path / f"{name}.py").write_text(text)
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(TASK.format(name=name))


def compared(strop: Strop, first: str, second: str, *rest: str) -> dict:  # type: ignore[type-arg]
    done = strop("eval", first, "--against", second, *rest, "--json")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_comparison_is_a_table_in_80_columns_and_one_sentence(strop: Strop) -> None:
    done = strop("eval", "seed", "--against", "knows.py", *TWO, *ENOUGH, "--out", "c")
    assert done.returncode == 0 and widest(done.stdout) <= 80
    assert (
        done.stdout.splitlines()[1].startswith("Better: knows.py beats seed by")
        and "strop show c --full" in done.stdout
    )
    assert strop("show", "c").stdout == done.stdout == strop("resume", "c").stdout
    assert "spent" in strop("show", "c", "--full").stdout
    again = strop("eval", "seed", "--against", "knows.py", *TWO, *ENOUGH, "--out", "c")
    assert (
        again.returncode == 2
        and "choose another directory, or continue an unfinished run with strop resume c" in again.stderr
    )


def test_eval_goes_on_with_the_task_as_it_was_or_not_at_all(strop: Strop, tmp_path: Path) -> None:
    task = "from helper import WRONG\n" + TASK.format(name="one").replace("1 - abs", "1 - WRONG * abs")
    for file, code in (("one.py", 2), ("helper.py", 0)):
        (tmp_path / "helper.py").write_text("WRONG = 2\n")
        (tmp_path / "one.py").write_text(task)
        first = strop("eval", "seed", "--task", "one.py", *SMALL, "--out", f"e{code}", "--max-calls", "1")
        continued = f"To continue: strop resume e{code} --max-calls MORE\n"
        assert first.returncode == 4 and first.stderr.endswith(continued)
        other = (tmp_path / file).read_text().replace("= 2", "= 1").replace("1 -", "1.0 -")
        (tmp_path / file).write_text(other)
        again = strop("resume", f"e{code}", "--max-calls", "1000")
        assert again.returncode == code and ("one.py has changed since the run began" in again.stderr) == bool(code)
    assert strop("show", "e0", "--json").stdout == strop("resume", "e0", "--json").stdout


@pytest.mark.slow
def test_improvers_are_compared_and_measured_on_a_folder_with_a_command(strop: Strop, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "prog.py").write_text("print('score:', 3)\n")
    lines = [
        'name = "tree"',
        'command = "python3 prog.py"',
        'files = ["prog.py"]',
        "score = 'score: ([0-9]+)'",
        "metric = 'score:max'",
        "held_out = 2",
    ]
    (tmp_path / "tree" / "strop.toml").write_text("\n".join(lines))
    (tmp_path / "raises.py").write_text(IDLE.replace("return initial", """return "print('score:', 6)" or initial"""))
    found = compared(strop, "idle.py", "raises.py", "--task", "tree", "--task", "one.py", *SMALL)
    assert found["own_score_because"] == {"tree": "the program prints this score itself"}
    assert found["cells"][1]["test"]["mean"] == pytest.approx(2 / 3)
    assert [cell["metrics"] for cell in found["cells"]] == [{"score": 3.0}, {"score": 6.0}, {}, {}]
    measured = strop("eval", "raises.py", "--task", "tree", *SMALL, "--out", "e")
    assert "0.667" in measured.stdout
    rows = [line.split() for line in measured.stdout.splitlines()]
    assert ["tree,", "test", "split", "score"] in rows and ["u(s)", "3"] in rows and ["raises.py", "6"] in rows
    assert "tree: its score is the program's own: the program prints this score itself" in measured.stdout
