"""Programs of commands are orders like others: several at once, ahead of the question, each original measured once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from strop.base.errors import SandboxError, TaskError
from strop.base.events import Evaluated
from strop.core.handles import Grant
from strop.core.improver import improve
from strop.core.utility import TaskUtility
from strop.evaluation.base import Order
from strop.evaluation.baselines import WithBaselines
from strop.evaluation.pool import CommandPool
from strop.lm.base import Request
from strop.sandbox.workspace.base import Tree, Workspace
from strop.sandbox.workspace.jail import Workspaces
from strop.tasks.base import SecretSeeds
from strop.tasks.command.config import command_task
from strop.tasks.command.task import CommandTask
from support.processes import wait_until

SEEDS = SecretSeeds(b"secret")
IMPROVER = """
from helpers import extract_code

def improve_algorithm(initial_solution, utility, language_model):
    programs = extract_code(language_model.batch_prompt("", ["3", "4", "5"]))
    language_model.prompt("", "wait")
    return max(programs[:2], key=utility)
"""


class Opened(Workspaces):
    """Workspaces that remember which programs were put into them."""

    def __init__(self, slots: int) -> None:
        super().__init__(slots=slots, require=frozenset())
        self.programs: list[str] = []

    def open(self, tree: Tree) -> Workspace:
        self.programs.append(tree.files.get("program.sh", "the original"))
        return super().open(tree)


@pytest.fixture
def workspaces() -> Iterator[Opened]:
    with closing(Opened(2)) as made:
        yield made


def task_of(root: Path, **changes: Any) -> CommandTask:
    (root / "program.sh").write_text("echo score 2\n")
    given = {"files": ["program.sh"], "command": "sh program.sh", "score": ["score (.*)"], "metric": ["score:max"]}
    return command_task(root, **{**given, **changes})


def order(task: CommandTask, number: int) -> Order:
    return Order(f"u{number}", f"echo score {number}\n", task.name, "train", SEEDS, b"secret")


def test_several_programs_are_measured_and_their_original_once(workspaces: Opened, tmp_path: Path) -> None:
    task = task_of(tmp_path)
    with closing(WithBaselines(CommandPool([task], workspaces, 2), [task])) as commands:
        futures = [commands.submit(order(task, number), ahead=True) for number in range(3, 7)]
        found = [future.result().result().metrics[0]["score"] for future in futures]
    assert found == [3.0, 4.0, 5.0, 6.0]
    assert workspaces.programs.count("the original") == 1


def test_original_that_does_not_run_fails_only_those_who_ask_and_a_closed_pool_takes_no_orders(
    workspaces: Opened, tmp_path: Path
) -> None:
    task = task_of(tmp_path)
    (tmp_path / "program.sh").write_text("exit 3\n")
    task = replace(task, files={"program.sh": "exit 3\n"})
    with closing(WithBaselines(CommandPool([task], workspaces, 1), [task])) as commands:
        measured = commands.submit(order(task, 3)).result()
        with pytest.raises(TaskError, match="the original cannot be measured"):
            measured.result()
    with pytest.raises(SandboxError, match="closed"):
        commands.submit(order(task, 3)).result()


@pytest.mark.parametrize(("score", "ahead"), [("score (.*)", 3), ("time", 0)])
def test_programs_are_measured_before_the_improver_asks_unless_they_are_timed(
    bench: Any, workspaces: Opened, tmp_path: Path, score: str, ahead: int
) -> None:
    task = task_of(tmp_path, score=[score], metric=["time" if score == "time" else "score:max"])
    seen: list[int] = []

    def answer(request: Request) -> str:
        if request.message == "wait":
            wait_until(lambda: len(set(workspaces.programs) - {"the original"}) >= ahead)
            seen.append(len(set(workspaces.programs) - {"the original"}))
            return "```\n```"  # which is no program
        return f"```\necho score {request.message}\n```"

    b = bench(answers=answer)
    with closing(WithBaselines(CommandPool([task], workspaces, 2), [task])) as commands:
        utility = TaskUtility(task, "train", SEEDS, None, b.events.append, b"secret", evaluator=commands)
        found = improve(IMPROVER, task.seed, utility, Grant(5), b.budget.child("at"), b.host())
    assert seen == [ahead]
    assert (found.utility_calls, found.unused_evaluations) == (2, 1 if ahead else 0)
    assert len(b.of(Evaluated)) == 2
