"""strop list tasks."""

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
from strop.base.results import Evaluation
from strop.cli.commands.options import Json
from strop.cli.commands.output import announce, notify, print_document, results, results_alone
from strop.core.utility import TaskUtility
from strop.report.terminal.tasks import (
    Measurements,
    command_task_document,
    headroom_document,
    installed_documents,
    meta_task_document,
    print_command_task,
    print_installed,
    print_ladders,
    print_measured,
    print_meta_task,
    print_meta_tasks,
    print_task,
    print_tasks,
    task_document,
)
from strop.runs.evaluators import jail
from strop.runs.interrupts import stopped_by_signals
from strop.runs.options import Workers, protections
from strop.runs.spec import PAPERS, RunSpec
from strop.sandbox.base import Sandbox
from strop.tasks.base import PublishedSeeds, Split, Task
from strop.tasks.command.task import CommandTask
from strop.tasks.headroom.ladder import Rung, ladder
from strop.tasks.paper.facts import SPLITS, Facts, facts
from strop.tasks.pictures import picture_of
from strop.tasks.registry import BUILT_IN, HEADROOM, META, PAPER, load_any

SECRET = b"strop tasks"
"""Seeds the random numbers of the seed solutions: the instances are public, and scores must be the same every time."""
NO_INSTANCES = "{} has no published instances; strop score measures a solution of it"
REPEATS = 10
"""Evaluations of a seed solution that draws random numbers. Any other is evaluated once."""


def tasks_command(
    name: str | None = None,
    /,
    *,
    instances: Literal["published"] | None = None,
    workers: Workers = "",
    require: str | None = None,
    as_json: Json = False,
) -> int:
    """List the tasks with the scores of their seeds and the best known scores; or show one task, with a picture.

    Parameters
    ----------
    name
        Task to show: a name, a file with a strop.Task, or a folder with a strop.toml.
    instances
        published: evaluate the seeds now, on the paper's instances. By default the scores are recorded ones.
    workers
        Solutions evaluated at once; 0: one for each core.
    require
        Protections without which nothing runs, separated by commas, or `none`. See strop doctor.
    """
    measure = instances is not None
    if name in META:
        return _show_meta(str(name), measure=measure, as_json=as_json)
    with results_alone():  # a task's own code may print
        one = load_any(name) if name else None
    if isinstance(one, CommandTask):
        return _show_command(one, measure=measure, as_json=as_json)
    tasks = [one] if one else [make() for make in PAPER.values()]
    published = {task.name: facts(task.name) for task in tasks if name is None or name in PAPER}
    measured: Measurements = {}
    if measure:
        if not published:
            raise ConfigurationError(NO_INSTANCES.format(name))
        announce("published")
        spec = RunSpec(workers=workers, require=protections(require)).checked_here()
        rows = [(task, published[task.name]) for task in tasks]
        with results_alone(), closing(jail(spec)) as sandbox, stopped_by_signals(sandbox.close):
            measured = measure_seeds(rows, sandbox, spec.slots, lambda line: notify(line))
        if not as_json:
            print_measured(rows, measured, results())
            return 0
    if one is None:
        _list(tasks, published, measured, as_json=as_json)
    else:
        _show(one, published.get(one.name), measured, ladder(one.name) if name in HEADROOM else (), as_json=as_json)
    return 0


def measure_seeds(
    rows: Sequence[tuple[Task, Facts]], sandbox: Sandbox, at_once: int, say: Callable[[str], None]
) -> Measurements:
    """Evaluate the seed solutions on both published splits, `at_once` at once.

    Raises:
        StropError: the host failed.
    """
    measured: dict[str, dict[Split, list[Evaluation]]] = {}
    with ThreadPoolExecutor(at_once) as pool:
        for task, fact in rows:
            repeats = REPEATS if fact.random else 1
            say(f"{task.name}: {repeats} on each split")
            runs = {
                split: [pool.submit(_evaluate, task, sandbox, split, repeat) for repeat in range(repeats)]
                for split in SPLITS
            }
            measured[task.name] = {split: [run.result() for run in split_runs] for split, split_runs in runs.items()}
    return measured


def _evaluate(task: Task, sandbox: Sandbox, split: Split, repeat: int) -> Evaluation:
    at = Budget().child(task.name).child(split).child(str(repeat))
    return TaskUtility(task, split, PublishedSeeds(), sandbox, discard, SECRET).evaluate(task.seed, at)


def _list(tasks: Sequence[Task], published: dict[str, Facts], measured: Measurements, *, as_json: bool) -> None:
    plugins, names = installed(TASKS), [*BUILT_IN, *META]
    if as_json:
        rows = [task_document(task, published[task.name], measured.get(task.name)) for task in tasks]
        meta_tasks = [meta_task_document(make(), asdict(PAPERS)) for make in META.values()]
        room = [headroom_document(make(), ladder(name)) for name, make in HEADROOM.items()]
        document = {
            "tasks": rows,
            "headroom_tasks": room,
            "meta_tasks": meta_tasks,
            "installed": installed_documents(plugins, names),
        }
        print_document(document)
    else:
        print_tasks([(task, published[task.name]) for task in tasks], results())
        print_ladders({name: ladder(name) for name in HEADROOM}, results())
        print_meta_tasks([make() for make in META.values()], results())
        print_installed(plugins, names, results())


def _show(task: Task, fact: Facts | None, measured: Measurements, rungs: Sequence[Rung], *, as_json: bool) -> None:
    picture = picture_of(task) if fact else ""
    if as_json:
        row = headroom_document(task, rungs) if rungs else task_document(task, fact, measured.get(task.name))
        print_document(row | {"seed_program": task.seed, "picture": picture})
    else:
        print_task(task, fact, picture, rungs, results())


def _show_command(task: CommandTask, *, measure: bool, as_json: bool) -> int:
    if measure:
        raise ConfigurationError(NO_INSTANCES.format(task.name))
    if as_json:
        print_document(command_task_document(task) | {"seed_program": task.seed})
    else:
        print_command_task(task, results())
    return 0


def _show_meta(name: str, *, measure: bool, as_json: bool) -> int:
    if measure:
        raise ConfigurationError(
            f"{name} is a meta task and has no instances of its own; strop eval measures improvers"
        )
    task, budgets = META[name](), asdict(PAPERS)
    if as_json:
        print_document(meta_task_document(task, budgets) | {"seed_program": task.seed, "picture": task.picture})
    else:
        print_meta_task(task, budgets, results())
    return 0
