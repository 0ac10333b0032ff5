"""strop tasks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict
from typing import Literal

from strop.base.budget import Budget
from strop.base.errors import ConfigurationError
from strop.base.events import discard
from strop.base.plugins import TASKS, installed
from strop.cli.commands.options import GroundOptions, Json, Whole
from strop.cli.commands.output import announce, notices, print_document, results, results_alone
from strop.core.utility import Evaluation, TaskUtility
from strop.report.terminal.command_tasks import command_task_document, print_command_task
from strop.report.terminal.installed import installed_documents, print_installed
from strop.report.terminal.tasks import (
    Measurements,
    meta_task_document,
    print_measured,
    print_meta_task,
    print_task,
    print_tasks,
    task_document,
)
from strop.runs.assembly import jail
from strop.runs.interrupts import stopped_by_signals
from strop.runs.spec import RunSpec
from strop.sandbox.base import Sandbox
from strop.tasks.base import PublishedSeeds, Split, Task
from strop.tasks.command.task import CommandTask
from strop.tasks.paper.facts import SPLITS, Facts, facts
from strop.tasks.pictures import picture_of
from strop.tasks.registry import BUILT_IN, META, load_any

SECRET = b"strop tasks"
"""What the seeds' random numbers derive from: instances are public here, and the figures the same every time."""
REPEATS = 10
"""Evaluations of a seed solution that draws random numbers; of another one is enough."""


def tasks_command(
    name: str | None = None,
    /,
    *,
    instances: Literal["published"] | None = None,
    jobs: Whole = 0,
    require: str | None = None,
    as_json: Json = False,
) -> int:
    """List the tasks that come with strop, what their seeds score and what can be reached; or show one, with a picture.

    Parameters
    ----------
    name
        The task to show: its name, a file that defines a strop.Task (or FILE.py:FUNCTION), or a folder with a strop.toml.
    instances
        published: evaluate the seed solutions now, in the jail, on the paper's instances, instead of printing what is recorded.
    jobs
        Solutions evaluated at once; 0 means one for each core.
    require
        Refuse to run unless these protections are enforced, separated by commas, or `none`; see strop doctor.
    """
    if name in META:
        return _show_meta(str(name), measure=instances is not None, as_json=as_json)
    with results_alone():  # what a task's own code prints is no result
        found = load_any(name) if name else None
    if isinstance(found, CommandTask):
        return _show_command(found, measure=instances is not None, as_json=as_json)
    tasks = [found] if found else [make() for make in BUILT_IN.values()]
    known = [facts(task.name) if name is None or name in BUILT_IN else None for task in tasks]
    rows = [(task, each) for task, each in zip(tasks, known, strict=True) if each]
    if instances is None:
        return _show(tasks, known, None, one=name is not None, as_json=as_json)
    if not rows:
        raise ConfigurationError(f"{name} has no published instances; strop score measures a solution of it")
    announce(instances)
    spec = RunSpec(jobs=jobs, require=GroundOptions(require=require).required()).checked()
    with results_alone(), closing(jail(spec)) as sandbox, stopped_by_signals(sandbox.close):
        measured = measure_seeds(rows, sandbox, spec.jobs, lambda words: notices().print(words, markup=False))
    if as_json:
        return _show(tasks, known, measured, one=name is not None, as_json=True)
    print_measured(rows, measured, results())
    return 0


def measure_seeds(
    rows: Sequence[tuple[Task, Facts]], sandbox: Sandbox, jobs: int, say: Callable[[str], None]
) -> Measurements:
    """Evaluations of the seed solutions on both published splits, `jobs` evaluations at once.

    Raises:
        StropError: the host failed.
    """
    found: dict[str, dict[Split, list[Evaluation]]] = {}
    with ThreadPoolExecutor(jobs) as pool:
        for task, known in rows:
            repeats = REPEATS if known.random else 1
            say(f"{task.name}: {repeats} on each split")
            places = [(split, repeat) for split in SPLITS for repeat in range(repeats)]
            made = list(pool.map(lambda place, task=task: _evaluate(task, sandbox, *place), places))
            found[task.name] = {
                split: [each for (of, _), each in zip(places, made, strict=True) if of == split] for split in SPLITS
            }
    return found


def _evaluate(task: Task, sandbox: Sandbox, split: Split, repeat: int) -> Evaluation:
    at = Budget().child(task.name).child(split).child(str(repeat))
    return TaskUtility(task, split, PublishedSeeds(), sandbox, discard, SECRET).evaluate(task.seed, at)


def _show(
    tasks: Sequence[Task], known: Sequence[Facts | None], measured: Measurements | None, *, one: bool, as_json: bool
) -> int:
    if as_json:
        rows = [
            task_document(task, each, measured[task.name] if measured else None)
            for task, each in zip(tasks, known, strict=True)
        ]
        budgets = asdict(RunSpec())
        if one:
            print_document(rows[0] | {"seed_program": tasks[0].seed, "picture": _picture(tasks[0], known[0])})
        else:
            print_document(
                {
                    "tasks": rows,
                    "meta_tasks": [meta_task_document(make(), budgets) for make in META.values()],
                    "installed": installed_documents(installed(TASKS), [*BUILT_IN, *META]),
                }
            )
    elif one:
        print_task(tasks[0], known[0], _picture(tasks[0], known[0]), results())
    else:
        pairs = [(task, each) for task, each in zip(tasks, known, strict=True) if each]
        print_tasks(pairs, [make() for make in META.values()], results())
        print_installed(installed(TASKS), [*BUILT_IN, *META], results())
    return 0


def _picture(task: Task, known: Facts | None) -> str:
    return picture_of(task) if known else ""


def _show_command(task: CommandTask, *, measure: bool, as_json: bool) -> int:
    if measure:
        raise ConfigurationError(f"{task.name} has no published instances; strop score measures a solution of it")
    if as_json:
        print_document(command_task_document(task) | {"seed_program": task.seed})
    else:
        print_command_task(task, results())
    return 0


def _show_meta(name: str, *, measure: bool, as_json: bool) -> int:
    if measure:
        raise ConfigurationError(
            f"{name} is a meta task, which has no instances of its own; strop eval measures improvers"
        )
    task, budgets = META[name](), asdict(RunSpec())
    if as_json:
        print_document(meta_task_document(task, budgets) | {"seed_program": task.seed, "picture": task.picture})
    else:
        print_meta_task(task, budgets, results())
    return 0
