"""What must hold of an evaluator that runs apart from the program, shown by the original before anything is paid.

A trial refuses an evaluator, or it shows what the original asks for. It never decides who computes the score.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from strop.base.errors import ConfigurationError
from strop.base.pluralize import plain
from strop.evaluation.commands.isolated import Isolation, Passed
from strop.evaluation.commands.program_copy import CopyRun
from strop.evaluation.commands.relay import KnownCalls
from strop.evaluation.feedback import gist
from strop.tasks.command.task import CommandTask

SHARED = '--shared runs the program in its evaluator\'s process, and a better result is then called "by its own score"'
Run = Callable[[int, Isolation | None], tuple[CopyRun, Passed]]
"""The original on training instance i, apart from its evaluator or, with None, in its process."""


@dataclass(frozen=True)
class EvaluatorTrial:
    """What the original showed of its evaluator."""

    known: KnownCalls
    runs: tuple[CopyRun, ...]
    """The original on the first two training instances."""
    again: CopyRun | None
    """On the first one again; None if a record has it."""
    is_fixed: bool
    """Whether two seeds ask the program the same, so that nothing is held out."""


def trial(task: CommandTask, run: Run, *, is_recorded: bool) -> EvaluatorTrial:
    """Run the original of an evaluator apart from it and in its process. `is_recorded`: a record has it, and nothing is refused.

    Where the original does not run, there is one run, which says why.

    Raises:
        ConfigurationError: the evaluator looks at more than the program's answers, or passes what no other process can have.
    """
    assert task.evaluator is not None
    known, counted = KnownCalls(allow_nan=task.evaluator.allow_nan), task.objective.counted
    first, passed = run(0, Isolation(known, learns=True, sees_all=True))
    if passed.refused and not is_recorded:
        name = task.evaluator.program
        advice = (
            f"; --calls NAME names a function that {name} makes in another way" if " uses " in passed.refused else ""
        )
        raise _refused(task, f"{passed.refused}{advice}")
    if not first.values:
        return EvaluatorTrial(known, (first,), None, is_fixed=False)
    again, passed_again = (first, passed) if is_recorded else run(0, Isolation(known, longer=True))
    other, passed_other = run(1, Isolation(known, learns=True, draws=str(task.name)))
    for each in (again, other):
        if not each.values:
            files = ", ".join(sorted(known.opened - {task.evaluator.program})) or "no other"
            raise _refused(
                task,
                f"the original fails ({gist(each.error)}) where it has only the files that it opened or imported ({files}); "
                "name what else it reads by --set context=FILES",
            )
    is_alike, asks_alike = counted(first.values) == counted(again.values), passed.answered == passed_again.answered
    if not is_alike and asks_alike:
        raise _refused(
            task,
            f"two evaluations of the original asked the same, got the same answers, and gave {_values(first, again)}: the score "
            "is made of something else, such as a clock or the program's text",
        )
    if is_alike and not is_recorded:
        _check_shared(task, run, known, first, passed)
    draws_later = passed.answered == passed_other.answered and counted(first.values) != counted(other.values)
    is_fixed = passed.asked == passed_other.asked and not draws_later
    return EvaluatorTrial(known, (first, other), None if is_recorded else again, is_fixed)


def _check_shared(task: CommandTask, run: Run, known: KnownCalls, first: CopyRun, passed: Passed) -> None:
    """Raises ConfigurationError if the evaluator scores the original differently in one process with it, although the original
    draws no random numbers, which differ there."""
    shared, _ = run(0, None)
    counted = task.objective.counted
    if shared.values and counted(shared.values) == counted(first.values):
        return
    drawn, passed_drawn = run(0, Isolation(known, draws="others"))
    if shared.values and passed_drawn.answered != passed.answered and drawn.values:
        return
    raise _refused(
        task,
        f"its evaluator gives the original {_values(first)} apart from it, and in one process "
        f"{_values(shared) if shared.values else f'fails ({gist(shared.error)})'}: it looks at more than the program's answers, "
        "such as its text, its size or a clock",
    )


def _values(*runs: CopyRun) -> str:
    return " and ".join(", ".join(f"{name} {plain(value, 6)}" for name, value in run.values.items()) for run in runs)


def _refused(task: CommandTask, why: str) -> ConfigurationError:
    return ConfigurationError(f"task {task.name}: {why}; {SHARED}")
