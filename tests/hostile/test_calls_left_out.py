"""Evaluators that leave out of their score the calls that failed, and programs that fail wherever they would do badly."""

from __future__ import annotations

from pathlib import Path

import pytest

from hostile.evaluators_that_leave_out import CHEATS, COUNTING, FEW, HANGS, LEAVING_OUT, ORIGINAL, SLOW, WAITING
from hostile.outcomes import judged
from hostile.test_evaluators_apart import task_of, workspaces
from strop.sandbox.workspace.jail import Workspaces
from support.tiers import slow_unless

__all__ = ["workspaces"]
LATE_CASES = {f"{how} {name}": (name, cheat) for name in WAITING for how, cheat in (("hangs", HANGS), ("sleeps", SLOW))}
pytestmark = [pytest.mark.process, pytest.mark.heavy]
OPTIONS = {"repeat": 1, "time_limit": 30}


@pytest.mark.parametrize("name", slow_unless(lambda name: name in ("loop", "processes"), LEAVING_OUT))
def test_calls_that_an_evaluator_leaves_out_make_nothing_better(
    tmp_path: Path, workspaces: Workspaces, name: str
) -> None:
    chosen = CHEATS if name == "threads" else FEW
    task = task_of(tmp_path, ORIGINAL, LEAVING_OUT[name], **OPTIONS)
    outcomes = dict(zip(chosen, judged(task, workspaces, *chosen.values()), strict=True))
    assert [which for which, (outcome, _) in outcomes.items() if outcome == "better"] == []


@pytest.mark.parametrize("case", slow_unless(lambda case: case in ("hangs as_completed", "sleeps result"), LATE_CASES))
def test_calls_for_which_an_evaluator_does_not_wait_make_nothing_better(
    tmp_path: Path, workspaces: Workspaces, case: str
) -> None:
    name, cheat = LATE_CASES[case]
    ((outcome, found),) = judged(task_of(tmp_path, ORIGINAL, WAITING[name], **OPTIONS), workspaces, cheat)
    assert outcome != "better", found


@pytest.mark.parametrize(
    "name", slow_unless(lambda name: name in ("the original fails there too", "stops early"), COUNTING)
)
def test_call_that_fails_makes_a_candidate_malformed_unless_the_originals_fail_too(
    tmp_path: Path, workspaces: Workspaces, name: str
) -> None:
    original, evaluator, program = COUNTING[name]
    ((outcome, found),) = judged(task_of(tmp_path, original, evaluator, **OPTIONS), workspaces, program)
    assert outcome in ("better", "refused") or "every call must return an answer" in found.error, found
