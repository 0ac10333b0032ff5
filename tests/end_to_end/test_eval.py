"""`strop eval`, also `--against`, from the outside."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from support.records import from_elsewhere, raw
from support.tables import widest

SMALL = shlex.split("--copies 2 --lm-budget 1 --max-responses 2 --utility-budget 3 --seed 1")
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


def test_eval_measures_several_improvers_beside_the_one_that_against_names(strop: Any, tmp_path: Path) -> None:
    (tmp_path / "idle.py").write_text(IDLE)
    asked = shlex.split("eval chain_of_thought idle.py --against idle.py --task parity --out a") + SMALL
    document = json.loads(strop(*asked, "--json").stdout)
    assert document["improvers"] == ["idle.py", "chain_of_thought", "idle.py (again)"]
    assert [(each["improver"], each["against"]) for each in document["differences"]] == [
        ("chain_of_thought", "idle.py"),
        ("idle.py (again)", "idle.py"),
    ]
    assert document["sentence"].startswith("No significant difference between chain_of_thought and idle.py")
    assert "difference from idle.py, held-out split" in strop("show", "a", "--full").stdout


def test_record_of_an_eval_is_neither_applied_nor_measured_again(strop: Any) -> None:
    assert strop("eval", "seed", "--task", "parity", *SMALL, "--out", "there").returncode == 0
    assert strop("resume", "there").stderr.startswith("there is finished")
    ended = strop("apply", "there")
    assert ended.returncode == 2 and "is the record of strop eval" in ended.stderr


@pytest.mark.parametrize("command", ["eval chain_of_thought", "eval seed --against seed"])
def test_record_of_an_eval_is_replayed_elsewhere_and_one_that_says_something_else_is_not(
    command: str, strop: Any, tmp_path: Path
) -> None:
    asked = *shlex.split(command), "--task", "parity", "--task", "string-grid-distance", *SMALL
    assert strop(*asked, "--out", "there").returncode == 0
    from_elsewhere(tmp_path / "there")
    replayed = strop("replay", "there")
    assert replayed.returncode == 0 and "and the result, each as recorded" in replayed.stdout, replayed.stderr
    with raw(tmp_path / "there") as record:
        record.executescript(
            "DROP TRIGGER event_update;"
            "UPDATE event SET data = json_set(data, '$.value', 0.875) WHERE kind = 'Evaluated' AND scope LIKE '%copy0/test';"
        )
    replayed = strop("replay", "there")
    assert replayed.returncode == 8 and "cells.0.test" in replayed.stdout, replayed.stdout


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
