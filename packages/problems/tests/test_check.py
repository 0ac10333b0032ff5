"""Every built-in construction under strop check: nothing that is tried pays, and nothing is said of instances."""

from __future__ import annotations

import pytest

from strop.checks.pipeline import CheckSettings, check_in_host
from strop.sandbox.jail import JailedSandbox
from strop.tasks.registry import PROBLEMS, load

pytestmark = [pytest.mark.process]
THE_SAME = {"minimum-overlap": {"C311"}}
"""What an answer that is written otherwise may show: a step cut in two is the same function."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name == "circles-26" else pytest.mark.slow) for name in PROBLEMS],
)
def test_verifier_of_a_construction_is_sound(name: str, jail: JailedSandbox) -> None:
    checked = check_in_host(load(name), jail, b"s" * 32, CheckSettings(2, seconds=300), lambda step: None)
    found = [(finding.id, finding.level, finding.detail) for finding in checked.findings]
    assert not checked.broken and not [
        one for one in found if one[1] == "warning" and one[0] not in THE_SAME.get(name, ())
    ], found
