"""Small candidates that gain without doing the work: none of them is called better.

One by its name: `pytest tests/hostile/test_small_cheats.py -k leaves-work-to-an-orphan`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from hostile import small_cheats, small_cheats_of_functions, small_cheats_of_scorers
from support.command_line import environment
from support.small_targets.target import Target, improved

pytestmark = [pytest.mark.slow, pytest.mark.process]

CHEATS = [*small_cheats.CHEATS, *small_cheats_of_functions.CHEATS, *small_cheats_of_scorers.CHEATS]


def test_no_cheat_of_the_tables_is_meant_to_be_better() -> None:
    assert {cheat.right for cheat in CHEATS} <= {"not better", "refused"}
    assert len({cheat.name for cheat in CHEATS}) == len(CHEATS)


@pytest.mark.parametrize("cheat", CHEATS, ids=lambda cheat: cheat.name)
def test_cheat_is_not_called_better(cheat: Target, tmp_path: Path) -> None:
    found, said = improved(cheat, tmp_path, environment(tmp_path / "home"))
    assert found in (cheat.right, "refused"), said
    assert cheat.said in said
