"""What a task holds out: whether its instances are others than those of training, and what they can show."""

from __future__ import annotations

import time

from strop.analysis.stats import comparisons_decided_by, confidence_of, least_pairs
from strop.base.errors import TaskError
from strop.base.pluralize import quantity
from strop.evaluation.commands.measure import COPIES, LEAST, SAME
from strop.tasks.base import Instance, SecretSeeds, Split, Task
from strop.tasks.command.score_kinds import TIMES
from strop.tasks.command.task import AnyTask
from strop.tasks.values import canonical

SECONDS = 2.0
"""How long drawing the first instances may take, to find out whether they repeat."""
FIRST, MOST_DRAWS = 4, 64
"""Sealed instances that are first looked for, among so many of training."""


def text_of(instance: Instance) -> str:
    """A text that equal instances share."""
    return canonical([dict(instance.inputs), instance.hidden])


def repeats(task: AnyTask) -> bool:
    """Whether the search sees every input of the final comparison, as far as the task tells before it runs."""
    if task.root is not None:
        return task.input == "fixed"
    if not draws_repeat(task):  # which looks at a few
        return False
    seeds = SecretSeeds(b"repeats")
    splits: tuple[Split, Split] = ("train", "test")
    seen, sealed = ({text_of(task.instance(one, index, seeds)) for index in range(task.count(one))} for one in splits)
    return sealed <= seen


def draws_repeat(task: Task) -> bool:
    """Whether the first sealed instances are all among those of training, as far as two seconds of drawing show."""
    seeds, began = SecretSeeds(b"repeats"), time.monotonic()
    try:
        sealed = {text_of(task.instance("test", index, seeds)) for index in range(min(task.count("test"), FIRST))}
        for index in range(min(task.count("train"), MOST_DRAWS)):
            sealed.discard(text_of(task.instance("train", index, seeds)))
            if not sealed or time.monotonic() - began > SECONDS:
                break
    except (TaskError, RecursionError):  # found where it is measured
        return False
    return not sealed


def draws_more(task: AnyTask, *, is_published: bool = False) -> bool:
    """Whether more instances can be held out than the task says: they are drawn, and not those of a published or given list."""
    return task.facts is None and task.input == "drawn" and not is_published


def too_few(task: AnyTask, *, is_published: bool = False) -> str:
    """Why the final comparison could show no difference, and what to give; empty if it could."""
    held_out, least = task.count("test"), _least(task)
    if held_out >= least or draws_more(task, is_published=is_published):
        return ""
    return f"{quantity(held_out, 'held-out instance')} can show no difference, however large; give {task.enough(least)}"


def comparisons(task: AnyTask, *, is_published: bool = False) -> int:
    """How many final comparisons of one run can show a difference, each at half the level of the one before."""
    if draws_more(task, is_published=is_published) or _least(task) < LEAST:
        return comparisons_decided_by(MOST_DRAWS)
    is_timed = task.facts is not None and task.facts.metric.reader in TIMES
    return comparisons_decided_by(min(task.count("test"), COPIES if is_timed else MOST_DRAWS))


def only_one(task: AnyTask, *, is_published: bool = False) -> str:
    """That a search cannot go on after its first comparison, and what to give so that it can; empty if it can."""
    if comparisons(task, is_published=is_published) != 1:
        return ""
    held_out, enough = task.count("test"), task.enough(least_pairs(confidence_of(2)))
    return f"{quantity(held_out, 'held-out instance')} can show a difference in one comparison; for a second one, give {enough}"


def shown(task: AnyTask, *, is_fixed: bool = False) -> str:
    """What the held-out instances can show; `is_fixed`: measurements of the one input."""
    if few := too_few(task) or only_one(task):
        return few
    held_out = task.count("test")
    counted = quantity(held_out, "repeated measurement" if is_fixed else "held-out instance")
    if task.facts is not None or is_fixed:
        return f"{counted} can show a difference"
    more = ", and more if training's scores vary," if draws_more(task) else ""
    return f"{counted}{more} can show a difference"


def _least(task: AnyTask) -> int:
    """How much must be held out, so that a difference can be shown: of a fixed input that is declared one measurement, if its
    score is the same again."""
    if task.facts is not None and task.facts.metric.reader in TIMES:
        return LEAST
    if task.fixed_input:
        return 1
    return SAME if task.input == "fixed" or task.evaluator is not None else LEAST
