"""A command task for people and as a document: its files, what is run, what counts, and what a model is told."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from strop.report.terminal.tasks import print_heading, print_pairs, print_whole
from strop.report.terminal.words import escape
from strop.tasks.command.task import SHARED_JAIL, CommandTask


def print_command_task(task: CommandTask, console: Console) -> None:
    """One command task in full."""
    print_heading(console, escape(task.name))
    counted = "" if task.objective.counted_by_kernel else SHARED_JAIL
    turns = "in turns with the original, " if task.interleaved else ""
    seeds = "each with a seed of its own" if task.seeded else "of the same thing"
    lines = {
        "files": ", ".join(task.files),
        "only": ", ".join(task.only),
        "build": task.build,
        "command": task.command,
        "counts": task.objective.told,
        "runs": f"{turns}{task.instances} for training and {task.test_instances} held out, {seeds}",
        "limits": f"{task.time_limit:g} s and {task.memory_limit >> 20} MiB a run",
        "to know": counted,
    }
    print_pairs(console, {name: escape(text, 1000) for name, text in lines.items()})
    print_heading(console, "\nu_str: what a language model is told")
    print_whole(console, "\n".join(escape(line, 1000) for line in task.told.splitlines()))


def command_task_document(task: CommandTask) -> dict[str, Any]:
    """A command task as plain data."""
    return {
        "task": task.name,
        "command": task.command,
        "build": task.build,
        "files": list(task.files),
        "only": list(task.only),
        "metrics": [
            {"name": each.name, "goal": each.goal, "weight": each.weight, "read_by": task.objective.readers[each.name]}
            for each in task.objective.metrics
        ],
        "constraints": [f"{each.name}{each.relation}{each.bound:g}" for each in task.objective.constraints],
        "train": task.instances,
        "test": task.test_instances,
        "seeded": task.seeded,
        "interleaved": task.interleaved,
        "time_limit": task.time_limit,
        "memory_limit": task.memory_limit,
        "measured_by_kernel": task.objective.counted_by_kernel,
        "description": task.told,
    }
