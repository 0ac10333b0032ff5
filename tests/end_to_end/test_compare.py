"""`strop eval --against`, from the outside."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from end_to_end.conftest import Strop
from support.tables import widest

SMALL = shlex.split("--copies 2 --lm-budget 1 --max-responses 2 --utility-budget 3 --seed 1")
IDLE = "def improve_algorithm(initial_solution, utility, language_model):\n    return initial_solution\n"
ASKS = """def improve_algorithm(initial_solution, utility, language_model):
    utility(initial_solution)
    language_model.prompt("You are brief.", "Say nothing.", n_responses=2)
    return initial_solution
"""
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
    for name, text in {"idle": IDLE, "asks": ASKS, "knows": KNOWS}.items():
        (tmp_path / f"{name}.py").write_text(text)
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(TASK.format(name=name))


def compared(strop: Strop, first: str, second: str, *rest: str) -> dict:  # type: ignore[type-arg]
    done = strop("eval", first, "--against", second, *rest, "--json")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize(
    "names", [("idle.py", "knows.py"), pytest.param(("knows.py", "idle.py"), marks=pytest.mark.slow)]
)
def test_better_improver_is_named_by_how_much_with_its_interval_whichever_stands_first(
    strop: Strop, names: tuple[str, str]
) -> None:
    found = compared(strop, *names, *TWO, *ENOUGH)
    whole, *tasks = found["differences"]
    low, high = whole["interval"]
    sign = 1 if names[0] == "knows.py" else -1
    assert found["better"] == "knows.py"
    assert whole["mean"] == pytest.approx(sign * 0.5, abs=0.1)
    assert (low > 0 if sign > 0 else high < 0) and [each["task"] for each in tasks] == found["tasks"] == ["one", "two"]
    shown = sorted([abs(low), abs(high)])
    words = f"Better: knows.py beats idle.py by {abs(whole['mean']):.3f} (95% interval "
    assert found["sentence"].startswith(
        f"{words}{shown[0]:.3f} to {shown[1]:.3f}) in û, on the sealed instances of one and two"
    )
    assert "Both had the same budgets and spent about the same." in found["sentence"]


@pytest.mark.slow
def test_equal_improvers_of_unequal_cost_are_called_so(strop: Strop) -> None:
    found = compared(strop, "idle.py", "asks.py", *TWO, *SMALL)
    assert found["better"] is None and found["differences"][0]["mean"] == 0.0
    assert found["sentence"].startswith("No significant difference between idle.py and asks.py: +0.000")
    costs = ("lm_calls", "responses", "evaluations", "tokens", "dollars")
    cells = [tuple(cell[name] for name in costs) for cell in found["cells"] if cell["task"] == "one"]
    assert cells == [(0, 0, 0, 0, 0.0), (2, 4, 2, *cells[1][3:])]
    more = "asks.py spent more: 4 LM calls against 0, 8 responses against 0, 4 evaluations against 0"
    assert found["sentence"].endswith(f"Both had the same budgets; {more}.")


def test_comparison_is_a_table_in_80_columns_and_one_sentence(strop: Strop) -> None:
    done = strop("eval", "seed", "--against", "knows.py", *TWO, *ENOUGH, "--out", "c")
    assert done.returncode == 0 and widest(done.stdout) <= 80
    assert (
        done.stdout.splitlines()[1].startswith("Better: knows.py beats seed by")
        and "strop show c --full" in done.stderr
    )
    again = strop("eval", "seed", "--against", "knows.py", *TWO, *ENOUGH, "--out", "c")
    assert again.stdout == done.stdout and "nothing is measured again" in again.stderr
    assert strop("show", "c").stdout == done.stdout
    assert "spent" in strop("show", "c", "--full").stdout
    other = strop("eval", "seed", "--against", "idle.py", *TWO, *ENOUGH, "--out", "c")
    assert other.returncode == 2 and "already holds another run" in other.stderr


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
