"""Every built-in task passes the conformance kit of tasks."""

from __future__ import annotations

import pytest

from strop.tasks.registry import PAPER
from support.kits import task as kit


def test_built_in_task_conforms(subtests: pytest.Subtests) -> None:
    for check in kit.CHECKS:
        for name in PAPER:
            with subtests.test(name=name, check=check.__name__):
                check(PAPER[name]())
