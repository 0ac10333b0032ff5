"""What a model is told when an evaluation fails: a few lines of the user's own code, and the error once."""

from __future__ import annotations

from pathlib import Path

import pytest

from hostile.evaluators import LOAD
from hostile.outcomes import measured
from hostile.test_evaluators_apart import task_of, workspaces
from strop.evaluation.commands.relay import Sharing
from strop.sandbox.workspace.jail import Workspaces
from strop.tasks.command.task import rules

__all__ = ["workspaces"]
pytestmark = [pytest.mark.process, pytest.mark.heavy]
ORIGINAL = "def f(x):\n    return x * 0.5\n"
EVALUATOR = (
    LOAD
    + """
def evaluate(path):
    module = load(path)
    found = module.f(1.0) + module.f(2.0)
    if found > 2: raise ValueError(f"{found} is too much")
    return {"score": found}
"""
)
CALL = "evaluator.py, line 11, in evaluate: found = module.f(1.0) + module.f(2.0)"
SAYS: dict[str, tuple[str, list[str]]] = {
    "an import in the program": (
        f"import nosuchmodule\n{ORIGINAL}",
        ["program.py, line 1, in <module>: import nosuchmodule", "ModuleNotFoundError: No module named 'nosuchmodule'"],
    ),
    "a syntax error": (
        "def f(x:\n    return 1\n",
        ['File "program.py", line 1', "def f(x:", "^", "SyntaxError: '(' was never closed"],
    ),
    "an exception in the program": (
        "def g(x):\n    return {}[x]\ndef f(x):\n    return g(x)\n",
        [CALL, "program.py, line 4, in f: return g(x)", "program.py, line 2, in g: return {}[x]", "KeyError: 1.0"],
    ),
    "an exception in the evaluator": (
        "def f(x):\n    return x\n",
        [
            'evaluator.py, line 12, in evaluate: if found > 2: raise ValueError(f"{found} is too much")',
            "ValueError: 3.0 is too much",
        ],
    ),
    "the program exits": (
        "import sys\ndef f(x):\n    sys.exit(3)\n",
        [CALL, "program.py, line 3, in f: sys.exit(3)", "SystemExit: 3"],
    ),
}


@pytest.mark.parametrize("how", ["apart", "in one process"])
@pytest.mark.parametrize("name", SAYS)
def test_failure_of_an_evaluation_is_told_in_lines_of_the_users_own_code(
    tmp_path: Path, workspaces: Workspaces, name: str, how: str
) -> None:
    program, lines = SAYS[name]
    task = task_of(tmp_path, ORIGINAL, EVALUATOR)
    sharing = Sharing() if how == "apart" else None
    if sharing is not None:  # it learns from the original
        assert measured(task, ORIGINAL, workspaces, sharing).values
    run = measured(task, program, workspaces, sharing)
    told = [line.strip() for line in run.error.splitlines()]
    assert (run.verdict, told[0], told[-len(lines) :]) == ("raised", "exit status 1", lines)
    assert len(told) <= 7
    assert "strop" not in run.error


@pytest.mark.parametrize(
    ("program", "verdict", "first"),
    [
        (
            "def f(x):\n    return float('nan')\n",
            "malformed",
            "f() returned nan, where the original returned finite numbers",
        ),
        ("import os\ndef f(x):\n    os._exit(3)\n", "raised", "exit status 1"),
        ("def f(x):\n    while True: pass\n", "timeout", "wall time limit of 2 s reached"),
    ],
    ids=["not finite", "ends its process", "never ends"],
)
def test_error_is_told_once_where_no_exception_of_the_program_tells_it(
    tmp_path: Path, workspaces: Workspaces, program: str, verdict: str, first: str
) -> None:
    task = task_of(tmp_path, ORIGINAL, EVALUATOR, time_limit=2)
    sharing = Sharing()
    assert measured(task, ORIGINAL, workspaces, sharing).values
    run = measured(task, program, workspaces, sharing)
    assert (run.verdict, run.error.splitlines()[0]) == (verdict, first)
    assert run.error.count(first) == 1
    assert "/" not in run.error


def test_rules_of_an_evaluator_speak_of_the_evaluator(tmp_path: Path) -> None:
    said = " ".join(rules(task_of(tmp_path, ORIGINAL, EVALUATOR)))
    assert "makes the evaluator fail" in said
    assert "prints" not in said
