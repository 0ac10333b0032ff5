"""strop list tasks."""

from __future__ import annotations

from strop.options.commands import Json


def tasks_command(name: str | None = None, /, *, as_json: Json = False) -> int:
    """List the tasks with the scores of their seeds and the best known scores; or show one task.

    Parameters
    ----------
    name
        Task to show: a name, a file with a `strop.Task`, or a folder with a strop.toml.
    """
    from strop.cli.commands.output import present
    from strop.runs.results.tasks import all_tasks, one_task

    present(all_tasks() if name is None else one_task(name), as_json=as_json)
    return 0
