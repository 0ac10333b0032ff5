"""The recorded commands as a whole program, in `strop improve` and `strop compare`: the original before anything is paid, and
both programs after a comparison that calls a program better.

Recorded runs are not repeated: a resumed run goes on after the last of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from strop.analysis.stats import is_enough, least_pairs, levels
from strop.base.budget import Budget
from strop.base.events import ProgramRan
from strop.base.results import WALL, ProgramRuns, fields_of, runs_joined
from strop.core.metric_change import program_gain
from strop.runs.scopes import ORIGINAL_PROGRAM
from strop.tasks.function.calls import RecordedCommand

if TYPE_CHECKING:
    from strop.evaluation.pool import WorkerPool
    from strop.evaluation.whole_program import Versions
    from strop.runs.context import RunContext
    from strop.runs.patching.source_files import SourceFiles
    from strop.tasks.command.task import AnyTask

MOST_SECONDS = 120.0
"""Wall seconds in which both programs run in turns, unless one run of each takes longer."""
MOST_PAIRS = 32
"""How often each program runs at most."""


def tried_program(context: RunContext, original: SourceFiles) -> ProgramRan:
    """Run the recorded commands twice on the original, and record whether they run in the jail and what of their output repeats.

    Raises:
        SandboxError: the host failed.
    """
    if (event := context.host.past.programs.get(ORIGINAL_PROGRAM)) is None:
        from strop.evaluation.whole_program import tried

        context.observer.say(f"running {in_words(context)} in the jail, twice")
        pool, task, program = _of(context, original, original.program, 0.0)
        event = ProgramRan(
            **fields_of(ProgramRuns, tried(pool, task, program)), scope=ORIGINAL_PROGRAM, solution=original.program
        )
    context.record(event)
    return event


def run_program(
    context: RunContext, original: SourceFiles, candidate: str, trial: ProgramRan, budget: Budget, confidence: float
) -> ProgramRuns:
    """Run both programs in turns, and record their times and whether their output differs. `budget` is that of the comparison.

    Raises:
        SandboxError: the host failed.
    """
    budget, parts, planned = budget.child("program"), list[ProgramRuns](), pairs_of(trial, confidence)
    for until in levels(planned, confidence):
        begin, scope = len(parts and runs_joined(parts).metrics), budget.child(str(len(parts) + 1)) if parts else budget
        if (event := context.host.past.programs.get(scope.path)) is None:
            from strop.evaluation.whole_program import measured

            times = f"{until - begin} times" if until > 1 else "once"
            context.observer.say(f"running {in_words(context)} with the patch and without, {times} each")
            pool, task, program = _of(context, original, candidate, _seconds(trial))
            runs = fields_of(ProgramRuns, measured(pool, task, program, range(begin, until)))
            event = ProgramRan(**{**runs, "planned": planned}, scope=scope.path, solution=candidate)
        context.record(event)
        parts.append(event)
        found = program_gain(runs_joined(parts), confidence)
        if event.differs or event.missed or (found is not None and is_enough(found.change, is_ratio=True)):
            break
    return runs_joined(parts)


def pairs_of(trial: ProgramRuns, confidence: float) -> int:
    """How often each program runs at most: as often as fits into `MOST_SECONDS`, or once if that has no interval."""
    fits = int(MOST_SECONDS / max(2 * _seconds(trial), 1e-3))
    return min(fits, MOST_PAIRS) if fits >= least_pairs(confidence) else 1


def most_seconds(trial: ProgramRuns) -> float:
    """Wall seconds that the runs of both programs take at most, if neither differs from the trial."""
    return 0.0 if trial.failed else max(MOST_SECONDS, 2 * _seconds(trial))


def in_words(context: RunContext) -> str:
    """The recorded commands, for a sentence."""
    return " and ".join(f"`{command}`" for command in context.parts.task.facts.commands or (context.parts.spec.task,))


def _seconds(trial: ProgramRuns) -> float:
    return max((row[WALL] for row in trial.original_metrics), default=0.0)


def _of(
    context: RunContext, original: SourceFiles, candidate: str, seconds: float
) -> tuple[WorkerPool, AnyTask, Versions]:
    """The workers, the task, and both versions of the program; `seconds` of one run of the original, if that is known."""
    from strop.evaluation.whole_program import Versions
    from strop.runs.own_tests import kept_project, laid_over, worker_pool
    from strop.tasks.versions import differing

    task, root = context.parts.task, kept_project(context)
    before = differing(root, task.files, is_version=True)
    is_recorded = task.root is None and task.recorded is not None
    commands = task.recorded.commands if is_recorded else (RecordedCommand(task.command),)  # type: ignore[union-attr]
    return (
        worker_pool(context),
        task,
        Versions(root, before, laid_over(context, original, candidate), commands, seconds),
    )
