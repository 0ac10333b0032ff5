"""The last comparison of `strop improve` for scores: the original and the result on sealed instances, round by round.

Both are measured on as many instances as the task holds out, then in rounds of as many fresh ones, until the interval of the mean
difference leaves 0, or can hardly leave it, or a limit is reached. The interval keeps its level at every look
(strop.analysis.stats.bounded).

Each instance is one observation: it has a process of its own, so that none fails because another did. A program that fails in
some calls scores 0 in these.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from strop.analysis.stats import decided, differences, hopeless, score_difference
from strop.base.events import Evaluated
from strop.runs.assembly import RunContext
from strop.runs.journal import Journal
from strop.runs.run_data import joined
from strop.store import Store
from strop.tasks.base import Task
from strop.tasks.constructions.task import ConstructionTask
from strop.tasks.function.task import FunctionTask

MOST = 25
"""The most instances, in those that the task holds out."""
LEAST_SECONDS = 60.0
"""Further rounds may take as long as the candidates took in training, but always this many seconds of running programs."""
_SPARE = 2.0
"""A round begins only if this many times the last one is left of --max-time."""


def compare(context: RunContext, journal: Journal, improved: str, original: str, rounds: int | None = None) -> None:
    """Measure both programs on sealed instances until something is shown, or nothing can be.

    `rounds`: so many, as in the record that is replayed; None: as many as it takes. What the record holds is not measured again.
    """
    task = context.parts.task
    assert isinstance(task, Task)
    most = rounds if rounds is not None else MOST if _draws(context, task) else 1
    so_far: list[Evaluated] = []
    for number in range(most):
        begun = journal.clock()
        pair = _round(context, number, improved, original)
        so_far = [joined(*each) for each in zip(so_far, pair, strict=True)] if so_far else pair
        size = len(pair[0].scores)
        if rounds is None and (
            _is_settled(so_far, (most - number - 1) * size)
            or sum(each.wall_seconds for each in so_far) > max(LEAST_SECONDS, _in_training(journal.evaluations()))
            or journal.seconds_left < _SPARE * (journal.clock() - begun)
        ):
            break


def rounds_of(store: Store) -> int:
    """How many rounds the record of a finished improvement holds."""
    return sum(1 for _ in store.events(Evaluated, scope=_ROUND[0]))


_ROUND = ("improved/test", "original/test")


def _round(context: RunContext, number: int, *programs: str) -> list[Evaluated]:
    """Both programs on the instances of a round, side by side."""
    utility = context.held_out(number)
    waits = []
    for scope, program in zip(_ROUND, programs, strict=True):
        at = context.run
        for name in (*scope.split("/"), *([str(number)] if number else [])):
            at = at.child(name)
        waits.append(utility.begin(program, at))
    return [wait() for wait in waits]


def _draws(context: RunContext, task: Task) -> bool:
    """Whether there are further instances: they are drawn, and not those of a published or given list."""
    is_listed = isinstance(task, ConstructionTask) or (isinstance(task, FunctionTask) and task.cases)
    return context.parts.spec.instances != "published" and not is_listed


def _is_settled(pair: Sequence[Evaluated], remaining: int) -> bool:
    improved, original = (each.scores for each in pair)
    if len(improved) != len(original):  # the text of one is no program
        return True
    return bool(decided(score_difference(improved, original))) or hopeless(differences(improved, original), remaining)


def _in_training(events: Iterable[Evaluated]) -> float:
    """Seconds for which programs ran in training."""
    return sum(event.wall_seconds for event in events if event.split == "train")
