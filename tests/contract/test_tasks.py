"""Every built-in task passes the conformance kit of tasks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strop.tasks.base import Task
from strop.tasks.registry import PAPER
from support.kits import task as kit


@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", PAPER)
def test_built_in_task_conforms(name: str, check: Callable[[Task], None]) -> None:
    check(PAPER[name]())
