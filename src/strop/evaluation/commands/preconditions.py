"""What must hold of a command's original before anything is paid for: its answer can be compared, it passes its test, its text
counts."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import cycle

from strop.base.errors import TaskError
from strop.evaluation.audit_log import AuditLog
from strop.evaluation.commands.clean_builds import compiled
from strop.evaluation.commands.program_copy import Copy, CopyRun
from strop.evaluation.feedback import gist
from strop.sandbox.workspace.base import Workspaces
from strop.tasks.command.behaviour import Behaviour
from strop.tasks.command.objective import COUNTED_BY_KERNEL
from strop.tasks.command.task import CommandTask

UNCHECKED = (
    "nothing checks the answer: the original prints nothing and leaves no file, so that a program that does nothing would be the "
    "best; let the command print its answer, which is compared with the original's, or require tests (--require-metric tests=1)"
)
AGAIN_SECONDS = 10.0
"""Seconds for the further runs of the original. Each seed is run twice, however long it takes."""
VARYING = (
    "the original prints or writes something else when it is run again with the same seed, so that no candidate can be compared "
    "with it; let it print its answer alone on standard output, or turn the comparison off with --set compare_output=false"
)
PARTIAL = (
    "the original prints more than strop can compare beside a score, or what is not UTF-8; let it print its answer alone on "
    "standard output and write the score to a JSON file, or turn the comparison off with --set compare_output=false"
)
NO_PROGRAM = "this is no program\n"
NO_EFFECT = (
    "what may change has no effect on what is measured: with words in place of the program, it builds and does the same; let the "
    "build make what the command runs, and remove what an earlier build left, as make clean does"
)


def check_comparable(
    task: CommandTask,
    shown: Sequence[Behaviour],
    again: Callable[[int], CopyRun],
    enough: int,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Raises TaskError if the original shows nothing, or shows something else when it runs again with the same seeds.

    `shown`: its behaviour on each instance; empty if nothing is compared. `again` runs an instance again; `enough`: how many runs
    there are in all, if time suffices.
    """
    if not shown:
        return
    if not task.objective.has_check and all(behaviour.is_empty for behaviour in shown):
        raise TaskError(f"task {task.name}: {UNCHECKED}")
    if any(behaviour.is_partial for behaviour in shown):
        raise TaskError(f"task {task.name}: {PARTIAL}")
    begin, twice = clock(), 2 * len(shown)
    for runs, index in enumerate(cycle(range(len(shown))), len(shown) + 1):
        other = again(index).behaviour
        differs = shown[index].difference(other, quoted=True) if other else ""
        if differs:
            raise TaskError(f"task {task.name}: {VARYING} ({differs})")
        if runs >= twice and (runs >= enough or clock() - begin > AGAIN_SECONDS):
            return


def check_tested(task: CommandTask, copy: Copy) -> None:
    """Raises TaskError if the original, in a copy that is built, does not pass the task's test."""
    failed = copy.test()
    if failed is not None:
        raise TaskError(
            f"task {task.name}: the original must pass the test first: {gist(failed.error)}{lacking(failed)}"
        )


def check_effect(task: CommandTask, original: CopyRun, seed: int, workspaces: Workspaces, notes: AuditLog) -> None:
    """Raises TaskError if words that are no program build and behave like the original on the first instance.

    Then the build does not make what is measured. Tried if there is a build, or a compiled program in the tree.
    """
    if not task.build and not any(compiled(task.root)):
        return
    with Copy(task, dict.fromkeys(task.files, NO_PROGRAM), workspaces, notes) as copy:
        run = copy.run(seed, 0) if copy.build() is None else None
    printed = [name for name, reader in task.objective.readers.items() if reader not in COUNTED_BY_KERNEL]
    if run is None or not run.values or any(run.values[name] != original.values[name] for name in printed):
        return
    if original.behaviour is not None and run.behaviour is not None:
        same = not original.behaviour.difference(run.behaviour, quoted=True)
    else:
        same = bool(printed)  # times alone differ always
    if same:
        raise TaskError(f"task {task.name}: {NO_EFFECT}")


def lacking(failed: CopyRun) -> str:
    """Advice if Python did not find a module."""
    if "No module named" not in failed.error:
        return ""
    return "; name the virtual environment that has it: --set tool=FOLDER (.venv in the folder, or an active one, needs no name)"
