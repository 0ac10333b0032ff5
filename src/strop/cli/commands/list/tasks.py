"""strop list tasks."""

from __future__ import annotations

from dataclasses import asdict

from strop.base.plugins import TASKS, installed
from strop.cli.commands.options import Json
from strop.cli.commands.output import print_document, results
from strop.report.terminal.listings import print_installed
from strop.report.terminal.tasks import (
    TaskDescription,
    described,
    described_command,
    described_construction,
    described_meta,
    print_constructions,
    print_description,
    print_meta_tasks,
    print_tasks,
)
from strop.runs.spec import PAPERS
from strop.tasks.command.task import CommandTask
from strop.tasks.paper.facts import facts
from strop.tasks.registry import META, PAPER, load_any, problems


def tasks_command(name: str | None = None, /, *, as_json: Json = False) -> int:
    """List the tasks with the scores of their seeds and the best known scores; or show one task.

    Parameters
    ----------
    name
        Task to show: a name, a file with a strop.Task, or a folder with a strop.toml.
    """
    if name is None:
        _list(as_json=as_json)
        return 0
    task = _described(name)
    if as_json:
        print_document({**task.document, "seed_program": task.seed_program})
    else:
        print_description(task, results())
    return 0


def _described(name: str) -> TaskDescription:
    """Any task by its name, file or folder.

    Raises:
        ConfigurationError: there is no such task.
    """
    if name in META:
        return described_meta(META[name](), asdict(PAPERS))
    task = load_any(name)
    if isinstance(task, CommandTask):
        return described_command(task)
    if task.problem is not None:
        return described_construction(task, task.problem)
    return described(task, facts(name) if name in PAPER else None)


def _list(*, as_json: bool) -> None:
    constructions = [(task, task.problem) for task in problems().values() if task.problem is not None]
    ours = {task.name: problem for task, problem in constructions}
    plugins = [one for one in installed(TASKS, [*PAPER, *META]) if one.name not in ours]
    meta = [make() for make in META.values()]
    if as_json:
        budgets = asdict(PAPERS)
        print_document(
            {
                "tasks": [described(make(), facts(task)).document for task, make in PAPER.items()],
                "constructions": [described_construction(*each).document for each in constructions],
                "meta_tasks": [described_meta(task, budgets).document for task in meta],
                "installed": plugins,
            }
        )
        return
    print_tasks([(make(), facts(task)) for task, make in PAPER.items()], results())
    if ours:
        print_constructions(ours, results())
    print_meta_tasks(meta, results())
    print_installed(plugins, results())
