"""What the final comparison of a task can show."""

from __future__ import annotations

from strop.analysis.stats import comparisons_decided_by, confidence_of, least_pairs
from strop.base.pluralize import quantity
from strop.base.results import Evaluation
from strop.base.surface import switched
from strop.checks.checked import CheckProblem
from strop.evaluation.laws import LEAST, ONE_ANSWER, SAME, holds_back_cost
from strop.tasks.command.score_kinds import COUNTED_BY_KERNEL, TIMES
from strop.tasks.command.task import AnyTask
from strop.tasks.problem import VERIFIED

MANY = 64
"""Held-out instances beyond which more of them allow no further comparison."""


def draws_more(task: AnyTask, *, is_published: bool = False) -> bool:
    """Whether more instances can be held out than the task says, because they are drawn and come from no list."""
    return task.facts.metric.is_score and task.input == "drawn" and not is_published


def too_few(task: AnyTask, *, is_published: bool = False) -> str:
    """A sentence that says why the final comparison could show no difference, and how many instances to give; empty if it could
    show one."""
    held_out, least = task.count("test"), _least(task)
    if held_out >= least or draws_more(task, is_published=is_published):
        return ""
    return f"{quantity(held_out, _unit(task))} can show no difference, however large; give {task.enough(least)}"


def comparisons(task: AnyTask, *, is_published: bool = False) -> int:
    """How many final comparisons of one run can show a difference, each at half the level of the one before."""
    if draws_more(task, is_published=is_published) or _least(task) < LEAST:
        return comparisons_decided_by(MANY)
    return comparisons_decided_by(task.count("test"))


def only_one(task: AnyTask, *, is_published: bool = False) -> str:
    """A sentence that says that a search cannot go on after its first comparison, and how many instances to give; empty if it
    can."""
    if comparisons(task, is_published=is_published) != 1:
        return ""
    held_out, enough = task.count("test"), task.enough(least_pairs(confidence_of(2)))
    return f"{quantity(held_out, _unit(task))} can show a difference in one comparison; for a second one, give {enough}"


def what_can_show(task: AnyTask) -> str:
    """A sentence that says what the final comparison can show."""
    more = ", and more if training's scores vary," if draws_more(task) else ""
    return too_few(task) or only_one(task) or f"{quantity(task.count('test'), _unit(task))}{more} can show a difference"


def held_back(task: AnyTask, original: Evaluation) -> CheckProblem | None:
    """The problem that a lower cost than the original's would be held back; None if its evaluation in training shows no
    reason."""
    is_cost = task.facts.metric.reader in COUNTED_BY_KERNEL
    tells = task.input == "chosen" or len(original.answers) > 1
    if not (tells and holds_back_cost(original.answers, is_cost=is_cost, is_wanted=task.fixed_input)):
        return None
    return CheckProblem(
        ONE_ANSWER, f"Let the inputs differ in their answers, or give {switched('fixed_input')} if one is wanted"
    )


def _unit(task: AnyTask) -> str:
    return "evaluation" if task.input == "chosen" else "held-out instance"


def _least(task: AnyTask) -> int:
    """How many instances must be held out so that a difference can be shown."""
    reader = task.facts.metric.reader
    if reader == VERIFIED:  # a verified value needs no second one
        return 1
    return SAME if task.input == "chosen" and reader not in TIMES else LEAST
