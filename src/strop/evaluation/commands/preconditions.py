"""What must hold of a command's original before anything is paid for: its answer can be compared, it passes its test, its text
counts, and a program that fails is not better."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import cycle

from strop.base.errors import TaskError
from strop.base.syntax import syntax_tree
from strop.evaluation.commands.clean_builds import compiled
from strop.evaluation.commands.program_copy import Copy, CopyRun
from strop.evaluation.feedback import gist
from strop.tasks.command.behaviour import Behaviour
from strop.tasks.command.objective import COUNTED_BY_KERNEL
from strop.tasks.command.task import CommandTask, language_of

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
    "the original prints notes and more than strop can compare beside them, or bytes that are not UTF-8; let it print its answer "
    "alone on standard output, or turn the comparison off with --set compare_output=false"
)
NO_PROGRAM = "this is no program\n"
WORDS = "words that are not a program"
NO_EFFECT = (
    "what may change has no effect on what is measured: with words in place of the program, it builds and does the same; let the "
    "build make what the command runs, and remove what an earlier build left, as make clean does"
)
FAILURE_WINS = (
    "a program that fails counts as better than the original: {} is {:.6g} for {}, and {:.6g} for the original; let the scorer "
    "fail where a program does, or give a failure the worst score"
)
_CLEARLY_LESS = 0.6
"""The utility of two thirds of the original's time, or of another cost: more than chance makes of equal ones."""


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


def check_effect(task: CommandTask, original: CopyRun, run: Callable[[Mapping[str, str]], CopyRun | None]) -> None:
    """Raises TaskError if a program that fails is better on the first instance, or does what the original does.

    `original`: its run on the first instance; `run` runs other files on it, None if they do not build. A failure that has no
    effect is refused only if there is a build, or a compiled program in the tree: then the build does not make what is measured.
    Where what may change is no program, such as a prompt, no text is a failure.
    """
    is_built = bool(task.build) or any(compiled(task.root))
    is_checked = original.behaviour is not None or bool(task.test) or not all(map(language_of, task.files))
    programs = [] if is_checked and not is_built else _failing(task.files)[: 1 if is_checked else None]
    for words, files in programs:
        failed = run(files)
        if failed is None or not failed.values or task.objective.unmet(failed.values):
            continue
        if is_built and words == WORDS and _is_same(task, original, failed):
            raise TaskError(f"task {task.name}: {NO_EFFECT}")
        least = _CLEARLY_LESS if task.objective.counts_cost else 0.5
        if not is_checked and task.objective.utility(failed.values, original.values) > least:
            metric = task.objective.metrics[0].name
            why = FAILURE_WINS.format(metric, failed.values[metric], words, original.values[metric])
            raise TaskError(f"task {task.name}: {why}")


def _failing(files: Mapping[str, str]) -> list[tuple[str, dict[str, str]]]:
    """Programs that fail, in place of the original, each with what it is in words."""
    failing = [(WORDS, dict.fromkeys(files, NO_PROGRAM))]
    with suppress(SyntaxError, ValueError, RecursionError):
        python = {path: text for path, text in files.items() if path.endswith(".py")}
        if python:
            raising = {path: _raising(text) for path, text in python.items()}
            failing.append(("a program whose functions all raise", {**files, **raising}))
    return failing


def _raising(text: str) -> str:
    tree = syntax_tree(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = syntax_tree(f"raise RuntimeError('{NO_PROGRAM.strip()}')").body
    return f"{ast.unparse(tree)}\n"


def _is_same(task: CommandTask, original: CopyRun, run: CopyRun) -> bool:
    printed = [name for name, reader in task.objective.readers.items() if reader not in COUNTED_BY_KERNEL]
    if any(run.values[name] != original.values[name] for name in printed):
        return False
    if original.behaviour is not None and run.behaviour is not None:
        return not original.behaviour.difference(run.behaviour, quoted=True)
    return bool(printed)  # times alone differ always


def lacking(failed: CopyRun) -> str:
    """Advice if Python did not find a module."""
    if "No module named" not in failed.error:
        return ""
    return "; name the virtual environment that has it: --set tool=FOLDER (.venv in the folder, or an active one, needs no name)"
