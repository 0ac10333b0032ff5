"""The command that a page shows under "Reproduce" names the same target, flags and recipe: for every form of target."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from end_to_end.conftest import Strop
from strop.cli.app import application
from strop.store import Store
from strop.tasks.command.options import check_options, parse_settings
from support.pages import page_of
from support.tiers import slow_unless

IDLE = "def improve_algorithm(initial_solution, utility, language_model):\n    return initial_solution\n"
FILES = {
    "idle.py": IDLE,
    "mine/app/speed.txt": "speed: 10\nsize: 3\n",
    "mine/score.sh": "cat app/*.txt; echo $STROP_SEED > /dev/null\n",
    "prog.py": "def f():\n    return 1\n",
    "evaluator.py": (
        "import runpy\n\n\ndef evaluate(program_path):\n"
        "    return {'combined_score': float(runpy.run_path(program_path)['f']()), 'size': 1.0}\n"
    ),
    "task.py": (
        "import strop\n\n\ndef sample(rng):\n    return {'n': int(rng.integers(2, 9))}\n\n\n"
        "def score(instance, answer):\n    return 1.0 if answer == 2 * instance.inputs['n'] else 0.0\n\n\n"
        "task = strop.Task(name='doubling', sample=sample, score=score, seed='seed.py', entry='f', instances=4)\n"
    ),
    "seed.py": "def f(n):\n    return n\n",
    "start here.py": "def f(n):\n    return n + 1\n",
}
COMMAND = ["improve", "mine", "--files", "app/*.txt", "--command", "sh score.sh"]
SCORE = "--score 'speed=speed: ([0-9.]+)' --score 'size=size: ([0-9.]+)' --metric speed:max --require-metric 'speed>=1'"
SETTINGS = [word for one in ("repeat=2", "held_out=2", "time_limit=9", "pareto=true") for word in ("--set", one)]
FORMS = {
    "flags": [*COMMAND, *shlex.split(SCORE), "--set", "build=true x", *SETTINGS],
    "evaluator": ["improve", "prog.py", "--evaluator", "evaluator.py", "--metric", "combined_score:max"],
    "task": ["improve", "task.py", "--solution", "start here.py", "--utility-budget", "3", "--max-cost", "2"],
}


def bound(words: list[str]) -> dict[str, Any]:
    """What the command line makes of a command: its arguments by name, each group of flags as its values."""
    _, bound, _ = application().parse_args(words, exit_on_error=False, print_error=False)
    values = {name: vars(value) if hasattr(value, "__dict__") else value for name, value in bound.arguments.items()}
    return values | {"settings": check_options(parse_settings(values.get("settings", ())))}


@pytest.mark.parametrize("form", slow_unless(lambda form: form == next(iter(FORMS)), FORMS))
def test_reproduce_line_is_the_command_that_made_the_record(strop: Strop, tmp_path: Path, form: str) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    asked = [*FORMS[form], "--improver", "idle.py", "--seed", "5", "--max-responses", "3", "--model", "offline"]
    made = strop(*asked, "--out", "r")
    assert made.returncode == 0, made.stderr
    line = page_of(tmp_path / "r").commands["again"]
    assert line.startswith("strop improve ")
    again = shlex.split(line)[1:]
    assert bound(again) == bound(asked)
    if form != "flags":
        return
    done = strop(*again, "--out", "again")
    assert done.returncode == 0, done.stderr
    recipes = []
    for run in ("r", "again"):
        with Store.open(tmp_path / run) as store:
            recipes.append([json.loads(store.meta["spec"]), store.meta["flags"], store.meta["objective"]])
    assert recipes[0] == recipes[1]
