"""strop tasks."""

from __future__ import annotations

from rich.table import Table

from strop.commands.options import Json
from strop.commands.output import print_document, results
from strop.tasks.base import Task
from strop.tasks.registry import BUILT_IN


def tasks_command(*, as_json: Json = False) -> int:
    """List the tasks that come with strop; a file that defines a `strop.Task` is one too."""
    tasks = [make() for make in BUILT_IN.values()]
    if as_json:
        rows = [
            {
                "task": task.name,
                "entry": task.entry,
                "train": task.instances,
                "test": task.test_instances,
                "time_limit": task.time_limit,
                "description": task.told,
            }
            for task in tasks
        ]
        print_document({"tasks": rows})
        return 0
    table = Table(box=None, header_style="bold")
    for heading in ("task", "entry", "train", "test", "CPU limit", "what it is"):
        table.add_column(heading)
    for task in tasks:
        table.add_row(
            task.name, task.entry, str(task.instances), str(task.test_instances), f"{task.time_limit:g} s", _what(task)
        )
    results().print(table)
    return 0


def _what(task: Task) -> str:
    """`learns parity with noise`: the middle of the description's first sentence."""
    first = task.told.strip('"\n ').splitlines()[0]
    return first.removeprefix("The utility of a program that ").partition(", measured on ")[0]
