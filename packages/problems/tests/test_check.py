"""Every built-in construction under strop check: no spoiled answer is rewarded, and nothing is said of its fixed input."""

from __future__ import annotations

import pytest

from strop.checks.check import check
from strop.sandbox.jail import JailedSandbox
from strop.tasks.registry import PROBLEMS, load
from support.commands_here import here

pytestmark = [pytest.mark.process]


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name == "circles-26" else pytest.mark.slow) for name in PROBLEMS],
)
def test_verifier_of_a_construction_is_sound(name: str, jail: JailedSandbox) -> None:
    task = load(name)
    checked = check(task, here(task, jail=jail), b"s" * 32)
    varying = "the score of the original varies"  # where it draws random numbers
    assert checked.kinds_tried and all(one.what.startswith(varying) for one in checked.problems), checked.lines
