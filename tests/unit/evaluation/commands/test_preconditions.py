"""How often an original runs before a candidate is compared with it."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from strop.base.errors import TaskError
from strop.evaluation.commands.originals import AGAIN
from strop.evaluation.commands.preconditions import check_comparable
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
