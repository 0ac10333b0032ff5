"""Evaluators that leave out of their score the calls that failed, and programs that fail wherever they would do badly."""

from __future__ import annotations

from pathlib import Path

import pytest

from hostile.evaluators_that_leave_out import BETTER, CHEATS, COUNTING, FEW, HANGS, LEAVING_OUT, ORIGINAL, SLOW, WAITING
from hostile.test_evaluators_apart import task_of, workspaces
from strop.base.results import Evaluation
from strop.evaluation.base import Order
from strop.evaluation.commands.apart import REWARDED
from strop.evaluation.commands.measure import measure_command
from strop.evaluation.commands.originals import Originals
from strop.sandbox.workspace.jail import JailedWorkspaces
from strop.tasks.base import PublishedSeeds
from support.tiers import slow_unless

__all__ = ["workspaces"]
LATE_CASES = {f"{how} {name}": (name, cheat) for name in WAITING for how, cheat in (("hangs", HANGS), ("sleeps", SLOW))}
pytestmark = [pytest.mark.process, pytest.mark.heavy]


def evaluated(
    folder: Path, evaluator: str, workspaces: JailedWorkspaces, *programs: str, original: str = ORIGINAL
) -> list[Evaluation]:
    task = task_of(folder, original, evaluator, repeat=1, time_limit=30)
    originals, found = Originals(task, again=1), []
    for program in (original, *programs):
        order = Order("candidate", program, task.name, "train", PublishedSeeds(), b"secret")
        result = measure_command(task, order, workspaces, originals, lambda *_: None)
        assert result.evaluation is not None, result.error
        found.append(result.evaluation)
    assert originals.agree(lambda: pytest.fail("nothing was agreed")).shared_because == ""
    return found[1:]


@pytest.mark.parametrize("name", slow_unless(lambda name: name in ("loop", "processes"), LEAVING_OUT))
def test_calls_that_an_evaluator_leaves_out_make_nothing_better(
    tmp_path: Path, workspaces: JailedWorkspaces, name: str
) -> None:
    chosen = CHEATS if name == "threads" else FEW
    better, *cheats = evaluated(tmp_path, LEAVING_OUT[name], workspaces, BETTER, *chosen.values())
    assert (better.verdict, better.unproven_because) == ("ok", "")
    assert better.value > 0.5
    assert {which: each.verdict for which, each in zip(chosen, cheats, strict=True) if each.verdict == "ok"} == {}
    assert "leaves such calls out of its score" in cheats[0].error


@pytest.mark.parametrize("case", slow_unless(lambda case: case in ("hangs as_completed", "sleeps result"), LATE_CASES))
def test_calls_for_which_an_evaluator_does_not_wait_make_nothing_better(
    tmp_path: Path, workspaces: JailedWorkspaces, case: str
) -> None:
    name, cheat = LATE_CASES[case]
    better, late = evaluated(tmp_path, WAITING[name], workspaces, BETTER, cheat)
    assert (better.verdict, better.unproven_because) == ("ok", "")
    assert late.verdict != "ok" or late.unproven_because.startswith(REWARDED)


@pytest.mark.parametrize("name", COUNTING)
def test_failures_that_an_evaluator_counts_leave_a_better_program_what_it_is(
    tmp_path: Path, workspaces: JailedWorkspaces, name: str
) -> None:
    original, evaluator, program = COUNTING[name]
    (better,) = evaluated(tmp_path, evaluator, workspaces, program, original=original)
    assert (better.verdict, better.unproven_because) == ("ok", ""), better.error
    assert better.value > 0.5
