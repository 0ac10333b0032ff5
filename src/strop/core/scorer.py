"""Who computes a score (docs/design/0112-who-computes-the-score.md): known before anything is paid, and said in one line."""

from __future__ import annotations

from strop.tasks.command.score_kinds import KINDS
from strop.tasks.command.task import AnyTask, CommandTask
from strop.tasks.function.task import FunctionTask

BY_HOST = "computed by the host in score()"
_EQUAL = "answers must equal the original's"


def scorer_of(task: AnyTask) -> str:
    """Who computes the score of a task, in words, as far as that is known before it runs."""
    if isinstance(task, CommandTask):
        return task.own_score_because or _judged(task)
    if task.problem is not None:
        return "verified exactly by the host"
    if not isinstance(task, FunctionTask) or not task.by_time:
        return BY_HOST
    accepted = "accept() decides about answers, in the host" if task.accept is not None else _EQUAL
    return f"{KINDS['time'].noun}, counted by the kernel; {accepted}"


def scorer_line(task: AnyTask) -> str:
    """`scorer_of`, and what that means for a better result."""
    words = scorer_of(task)
    if task.scored_by != "program":
        return words
    if isinstance(task, CommandTask) and task.trust_programs:
        return f"{words}, and --trust-programs accepts that"
    return f'{words}: a better result will be called "by its own score" (name a judge: docs/targets.md)'


def _judged(task: CommandTask) -> str:
    judge = f"the judge {task.judge.command}" if task.judge is not None else ""
    if task.evaluator is not None:
        return f"computed by {task.evaluator.evaluator}, in a separate jail"
    if task.scored_by == "judge":
        return f"computed by {judge}"
    accepted = f"{judge} accepts answers" if judge else _EQUAL
    return f"{KINDS[task.objective.reader].noun}, counted by the kernel; {accepted}"
