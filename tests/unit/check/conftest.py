"""A small task under strop check, in the real jail."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strop.checks.check import check
from strop.checks.checked import Checked
from strop.sandbox.jail import JailedSandbox
from strop.tasks.base import Task

Check = Callable[..., Checked]


@pytest.fixture
def checked(jail: JailedSandbox) -> Check:
    """`checked(task, seconds=…)`: what strop check finds."""

    def of(task: Task, seconds: float = 600.0) -> Checked:
        return check(task, jail, b"s" * 32, seconds=seconds)

    return of
