"""Every built-in task passes the conformance kit of tasks."""

from __future__ import annotations

from collections.abc import Callable

from strop.tasks.base import Task
from strop.tasks.registry import PAPER
from support.kits import task as kit
from support.rows import table


@table("check", kit.CHECKS)
@table("name", PAPER)
def test_built_in_task_conforms(check: Callable[[Task], None], name: str) -> None:
    check(PAPER[name]())
