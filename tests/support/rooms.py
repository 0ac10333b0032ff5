"""Where functions of modules run in tests: their trees, kept while their module stays the same."""

from __future__ import annotations

import atexit
from collections import OrderedDict

from strop.evaluation.functions.scorer import programs_of, workspaces
from strop.sandbox.base import Sandbox
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.tree_sandbox import TreeSandbox
from strop.tasks.base import Task
from strop.tasks.function.mark import Mark
from strop.tasks.function.task import FunctionTask

_MOST = 8
_kept: OrderedDict[tuple[Mark | None, int, bool], TreeSandbox] = OrderedDict()


def rooms_of(task: FunctionTask) -> TreeSandbox:
    """The sandbox of a task's programs."""
    assert task.mark is not None
    key = task.mark, task.memory_limit, bool(task.files)
    if key not in _kept:
        _kept[key] = programs_of(task, workspaces())
        if len(_kept) > _MOST:
            _kept.popitem(last=False)[1].close()
    _kept.move_to_end(key)
    return _kept[key]


def sandbox_of(task: Task, jail: JailedSandbox) -> Sandbox:
    """Where a task's programs run: in `jail`, if they are no functions of a module."""
    return rooms_of(task) if isinstance(task, FunctionTask) else jail


def rooms_by_name(*tasks: Task) -> dict[str, TreeSandbox]:
    """By the name of each task that is a function."""
    return {task.name: rooms_of(task) for task in tasks if isinstance(task, FunctionTask)}


@atexit.register
def _close() -> None:
    while _kept:
        _kept.popitem()[1].close()
