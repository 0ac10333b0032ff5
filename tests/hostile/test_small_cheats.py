"""Small candidates that gain without doing the work: none of them is called better.

One by its name: `pytest tests/hostile/test_small_cheats.py -k leaves-work-to-an-orphan`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from hostile import (
    small_cheats,
    small_cheats_of_functions,
    small_cheats_of_objects,
    small_cheats_of_recorded_calls,
    small_cheats_of_scorers,
    small_cheats_that_are_lazy,
    small_cheats_that_leave_less,
    small_cheats_that_remember,
)
from strop.evaluation import base
from support.command_line import environment
from support.small_targets.engine import Engine
from support.small_targets.target import improved
from support.tiers import slow_unless

pytestmark = pytest.mark.process

CHEATS = [
    *small_cheats.CHEATS,
    *small_cheats_of_functions.CHEATS,
    *small_cheats_of_objects.CHEATS,
    *small_cheats_of_recorded_calls.CHEATS,
    *small_cheats_of_scorers.CHEATS,
    *small_cheats_that_are_lazy.CHEATS,
    *small_cheats_that_leave_less.CHEATS,
    *small_cheats_that_remember.CHEATS,
]
BY_NAME = {cheat.name: cheat for cheat in CHEATS}
FROM_END_TO_END = ("keeps-answers", "ev-error-path", "leaves-work-to-an-orphan")
"""`make test-all` tries all of them from end to end."""


def test_no_cheat_of_the_tables_is_meant_to_be_better() -> None:
    assert {cheat.right for cheat in CHEATS} <= {"not better", "refused"}
    assert len(BY_NAME) == len(CHEATS)


@pytest.mark.parametrize("name", BY_NAME)
def test_cheat_is_not_found_better(name: str, tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    cheat = BY_NAME[name]
    if cheat.all_held_out:  # what draws its luck is repeated as often on a busy machine
        monkeypatch.setattr(base, "MOST_SECONDS", 1e9)
    found, said = engine.verdict(cheat, tmp_path)
    assert found in (cheat.right, "refused"), said
    assert cheat.excerpt in said


@pytest.mark.parametrize("name", slow_unless(lambda name: name in FROM_END_TO_END, BY_NAME))
def test_cheat_is_not_called_better(name: str, tmp_path: Path) -> None:
    cheat = BY_NAME[name]
    found, said = improved(cheat, tmp_path, environment(tmp_path / "home"))
    assert found in (cheat.right, "refused"), said
    assert cheat.excerpt in said
