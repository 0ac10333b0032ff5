"""How often an original runs before a candidate is compared with it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from pathlib import Path

import pytest

from strop.base.errors import TaskError
from strop.evaluation.commands.originals import AGAIN
from strop.evaluation.commands.preconditions import NO_PROGRAM, check_comparable, check_effect
from strop.evaluation.commands.program_copy import CopyRun
from strop.tasks.command.behaviour import Behaviour
from strop.tasks.command.config import command_task
from strop.tasks.command.task import CommandTask


def task_of(root: Path) -> CommandTask:
    (root / "program.sh").write_text("true\n")
    return command_task(root, files=["program.sh"], command="sh program.sh", score=["time"])


def did(text: str) -> CopyRun:
    return CopyRun("ok", "", {}, (), 0.0, 0.0, behaviour=Behaviour("exit status 0", text))


class Original:
    """Runs one after another: prints something else in the run of a number."""

    def __init__(self, differs_in: int = 0) -> None:
        self.ran: list[int] = []
        self.differs_in = differs_in

    def __call__(self, index: int) -> CopyRun:
        self.ran.append(index)
        return did("B" if len(self.ran) == self.differs_in else "A")


SHOWN = (Behaviour("exit status 0", "A"),) * 3


def test_original_that_differs_in_one_of_many_runs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="prints or writes something else when it is run again with the same seed"):
        check_comparable(task_of(tmp_path), SHOWN, Original(differs_in=61), AGAIN, lambda: 0.0)


def test_original_that_agrees_runs_a_hundred_times_over_all_seeds(tmp_path: Path) -> None:
    original = Original()
    check_comparable(task_of(tmp_path), SHOWN, original, AGAIN, lambda: 0.0)
    assert len(SHOWN) + len(original.ran) == AGAIN
    assert {original.ran.count(index) for index in range(3)} == {32, 33}


def test_original_that_is_slow_runs_twice_on_each_seed_however_long_it_takes(tmp_path: Path) -> None:
    original, times = Original(), count(0, 60)
    check_comparable(task_of(tmp_path), SHOWN, original, AGAIN, lambda: next(times))
    assert original.ran == [0, 1, 2]


def scored(value: float) -> CopyRun:
    return CopyRun("ok", "", {"cost": value}, (), 0.0, 0.0)


PYTHON = "import math\n\nLIMIT = 5\n\n\ndef solve():\n    return LIMIT\n"


@pytest.mark.parametrize(("failing", "is_better"), [(0.0, True), (3.0, False), (7.0, False)])
def test_program_whose_functions_raise_must_not_be_better(tmp_path: Path, failing: float, is_better: bool) -> None:
    (tmp_path / "program.py").write_text(PYTHON)
    task = command_task(
        tmp_path,
        files=["program.py"],
        command="true",
        score=["cost=cost (.*)"],
        metric=["cost:min"],
        compare_output=False,
    )
    tried: list[str] = []

    def run(files: Mapping[str, str]) -> CopyRun | None:
        tried.append(files["program.py"])
        return None if files["program.py"] == NO_PROGRAM else scored(failing)

    if is_better:
        with pytest.raises(
            TaskError, match="cost is 0 for a program whose functions all raise, and 3 for the original"
        ):
            check_effect(task, scored(3.0), run)
    else:
        check_effect(task, scored(3.0), run)
    assert len(tried) == 2 and "LIMIT = 5" in tried[1] and "return" not in tried[1] and "raise" in tried[1]


@pytest.mark.parametrize("program", ["print(3)\n", "def unused():\n    return 3\n\n\nprint(3)\n"])
def test_functions_that_raise_say_nothing_of_what_is_built(tmp_path: Path, program: str) -> None:
    (tmp_path / "program.py").write_text(program)
    task = command_task(
        tmp_path, files=["program.py"], build="true", command="true", score=["cost=cost (.*)"], metric=["cost:max"]
    )
    check_effect(task, scored(3.0), lambda files: None if files["program.py"] == NO_PROGRAM else scored(3.0))


def test_program_that_fails_is_not_tried_where_the_output_is_compared(tmp_path: Path) -> None:
    original = did("A")
    check_effect(task_of(tmp_path), original, lambda _: pytest.fail("tried"))


def test_words_are_no_failure_in_place_of_a_prompt(tmp_path: Path) -> None:
    (tmp_path / "prompt.txt").write_text("Be brief.\n")
    task = command_task(tmp_path, files=["prompt.txt"], command="true", score=["cost=cost (.*)"], metric=["cost:max"])
    check_effect(task, scored(3.0), lambda _: pytest.fail("tried"))
