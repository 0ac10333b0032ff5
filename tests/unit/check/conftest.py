"""A small task on the bench, in the real jail."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from strop.checks.attack import Attack
from strop.checks.checked import Checked
from strop.checks.pipeline import CheckSettings, check_sampled
from strop.sandbox.jail import JailedSandbox
from strop.tasks.base import Task

Check = Callable[..., Checked]


@pytest.fixture
def checked(jail: JailedSandbox) -> Check:
    """`checked(task, repeat=…, attacks=…)`: what strop check finds."""

    def check(task: Task, repeat: int = 2, attacks: Sequence[Attack] | None = None) -> Checked:
        return check_sampled(
            task, jail, b"s" * 32, CheckSettings(repeat, workers=2, attacks=attacks), notify=lambda what: None
        )

    return check
