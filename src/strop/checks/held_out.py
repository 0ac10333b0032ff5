"""What a task's held-out instances can show: `strop check` tells it, and `strop improve` refuses too few."""

from __future__ import annotations

from strop.analysis.stats import least_shown, least_to_show
from strop.base.pluralize import quantity
from strop.core.metric_change import facts_of
from strop.evaluation.commands.measure import LEAST, SAME
from strop.tasks.base import Task
from strop.tasks.command.task import AnyTask, CommandTask
from strop.tasks.constructions.task import ConstructionTask
from strop.tasks.function.task import FunctionTask

MOST_ROUNDS = 25
"""The most instances of a last comparison, in those that the task holds out."""


def has_rounds(task: AnyTask, *, is_published: bool = False) -> bool:
    """Whether there are further instances to compare on: they are drawn, and not those of a published or given list."""
    is_listed = isinstance(task, ConstructionTask) or (isinstance(task, FunctionTask) and bool(task.cases))
    return isinstance(task, Task) and not is_published and not is_listed


def too_few(task: AnyTask, *, is_published: bool = False) -> str:
    """Why the last comparison could show no difference, and what to give; empty if it could."""
    held_out, least = task.count("test"), _least(task)
    if held_out * (MOST_ROUNDS if _is_repeated(task, is_published=is_published) else 1) >= least:
        return ""
    if isinstance(task, CommandTask):
        enough = f"held_out = {least}" + (f", of at least {least + 1} cases" if task.cases else "")
    else:
        is_listed = isinstance(task, FunctionTask) and task.cases
        enough = f"{2 * least} cases, of which half are held out" if is_listed else f"test_instances = {least}"
    return f"{quantity(held_out, 'held-out instance')} can show no difference, however large; give {enough}"


def shown(task: AnyTask) -> str:
    """What the held-out instances can show."""
    if few := too_few(task):
        return few
    held_out = task.count("test")
    counted = quantity(held_out, "held-out instance")
    if facts_of(task) is not None or task.fixed_input:
        return f"{counted} can show a difference"
    most = held_out * (MOST_ROUNDS if _is_repeated(task) else 1)
    more = f", and up to {most:,} if that helps," if most > held_out else ""
    return f"{counted}{more} can show a difference in score of {least_shown(most):.3f}, if all of them have it"


def _is_repeated(task: AnyTask, *, is_published: bool = False) -> bool:
    return facts_of(task) is None and has_rounds(task, is_published=is_published)


def _least(task: AnyTask) -> int:
    """How much must be held out, so that a difference can be shown: of a fixed input that is declared one measurement, if its
    score is the same again."""
    if isinstance(task, CommandTask):
        if task.objective.is_timed:
            return LEAST
        return 1 if task.fixed_input else LEAST if task.seeded else SAME
    if isinstance(task, FunctionTask) and task.by_time:
        return LEAST
    return 1 if task.fixed_input else least_to_show(1.0) or 1
