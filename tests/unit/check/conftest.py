"""A small task on the bench, in the real jail."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strop.checks.findings import Checked
from strop.checks.pipeline import CheckSettings, check_in_host
from strop.sandbox.jail import JailedSandbox
from strop.tasks.base import Task

Check = Callable[..., Checked]


@pytest.fixture
def checked(jail: JailedSandbox) -> Check:
    """`checked(task, repeat=…, seconds=…)`: what strop check finds."""

    def check(task: Task, repeat: int = 2, seconds: float = 600.0) -> Checked:
        return check_in_host(task, jail, b"s" * 32, CheckSettings(repeat, seconds), notify=lambda what: None)

    return check
