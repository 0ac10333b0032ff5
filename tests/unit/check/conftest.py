"""A small task on the bench, in the real jail."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from strop.check.examine import Checkup, Settings, examine
from strop.check.hacks import Hack
from strop.sandbox.jail import JailedSandbox
from strop.tasks.base import Task

Checked = Callable[..., Checkup]


@pytest.fixture
def checked(jail: JailedSandbox) -> Checked:
    """`checked(task, repeat=…, hacks=…)`: what strop check finds."""

    def check(task: Task, repeat: int = 2, hacks: Sequence[Hack] | None = None) -> Checkup:
        return examine(task, jail, b"s" * 32, Settings(repeat, jobs=2, hacks=hacks), say=lambda what: None)

    return check
