"""The original of a command task: what is known of it, and what must hold of it before anything is paid for."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from strop.base.environments import COPY
from strop.base.errors import ConfigurationError, TaskError
from strop.base.failures import gist
from strop.base.later import dataclass
from strop.base.pluralize import plain
from strop.base.surface import option, setting
from strop.evaluation.commands.built_program import ProgramRun
from strop.evaluation.commands.evaluated_program import Isolation
from strop.evaluation.commands.relay import OriginalCalls
from strop.evaluation.laws import check_repeats
from strop.tasks.command.score_kinds import COUNTED_BY_KERNEL
from strop.tasks.command.task import CommandTask

UNCHECKED = (
    "nothing checks the answer: the original prints nothing, so that a program that does nothing would be the best; let the "
    "command print its answer, which is compared with the original's, name under results the files that hold it, or name a judge"
)
LEAVES = (
    "the original leaves {}, which nothing compares, so that a program that leaves it out would be better; name under results "
    "the files that are its answer, and let the command remove the others or write them below $TMPDIR"
)
VARYING = (
    "the original prints or writes something else when it is run again with the same seed, so that no candidate can be compared "
    "with it; let it print its answer alone on standard output, or name a judge that accepts answers"
)
NO_PROGRAM = "this is no program\n"
NO_EFFECT = (
    "the files that may change have no effect on the result: with other words in place of the program it is the same; "
)
NOT_BUILT = "let the build make what the command runs, and remove what an earlier build left, as make clean does"
NOT_RUN = "the command or the judge must run these files where they lie in its folder"
_NOT_FOUND = re.compile(r"([\w.+-]+): (?:command )?not found")
_STEP = re.compile(r'^(?: *File ")?([^"\n]+?)"?, line (\d+)', re.MULTILINE)
Run = Callable[[int, Isolation | None], ProgramRun]
"""Runs the original on training instance i: apart from its evaluator, or with None in the evaluator's process."""


@dataclass(frozen=True)
class EvaluatorTrial:
    """The result of a trial of an evaluator with the original."""

    original_calls: OriginalCalls
    runs: tuple[ProgramRun, ...]
    """The original on the first two training instances."""
    again: ProgramRun | None
    """A second run on the first instance; None if it is still to be made."""


def trial(task: CommandTask, run: Run, *, is_recorded: bool) -> EvaluatorTrial:
    """Run the original apart from its evaluator and in one process with it. If `is_recorded`, a record has the original, and
    nothing is refused.

    If the original does not run, the result has one run, which says why.

    Raises:
        ConfigurationError: the evaluator looks at more than the program's answers, or passes what no other process can have.
    """
    original_calls = OriginalCalls()
    first = run(0, Isolation(original_calls, learns=True, sees_all=True))
    if first.refused and not is_recorded:
        raise _refused(task, first.refused)
    if not first.values:
        return EvaluatorTrial(original_calls, (first,), None)
    if (why := _unused(first)) and not is_recorded:
        raise _refused(task, why)
    other = _apart(task, run, 1, Isolation(original_calls, learns=True, draws=1))
    again = None if is_recorded else _again(task, run, original_calls, first)
    return EvaluatorTrial(original_calls, (first, other), again)


def _unused(ran: ProgramRun) -> str:
    """Why no answer of the program reaches its evaluator; empty if one does."""
    if not ran.calls:
        return "its evaluator calls no function of the program, so that it scores something else"
    if not ran.gives:
        return "the program returns None to every call: what it changes in place stays in its own process"
    return ""


def _apart(task: CommandTask, run: Run, index: int, isolation: Isolation) -> ProgramRun:
    """The run of the original with only the files that it opened. Raises TaskError or ConfigurationError if it has no score."""
    ran = run(index, isolation)
    if ran.scorer_failed:
        raise TaskError(
            f"task {task.name}: its evaluator fails ({gist(ran.error)}), although the original has answered all calls"
        )
    if not ran.values:
        files = ", ".join(sorted(isolation.original_calls.opened - task.files.keys())) or "no other"
        raise _refused(
            task,
            f"the original fails ({gist(ran.error)}) where it has only the files that it opened or imported ({files}); "
            f"name what else it reads by {setting('context')}=FILES",
        )
    return ran


def _again(task: CommandTask, run: Run, original_calls: OriginalCalls, first: ProgramRun) -> ProgramRun | None:
    """A second run of the original on the first instance; None if its answers differ.

    It shares a process with its evaluator, unless it draws from random generators that the two would then share.

    Raises:
        ConfigurationError: the answers are the same, and the score is another one.
    """
    counted, shared = task.objective.counted, None if original_calls.draws else run(0, None)
    if shared and shared.values and counted(shared.values) == counted(first.values):
        return shared
    again = _apart(task, run, 0, Isolation(original_calls, draws=2 if shared else None))
    if again.calls != first.calls:
        return None if shared else again
    if not shared and counted(again.values) == counted(first.values):
        return again
    how, other = ("in one process ", shared) if shared else ("again ", again)
    raise _refused(
        task,
        f"its evaluator gives the original {_values(first)} apart from it, and {how}"
        f"{_values(other) if other.values else f'fails ({gist(other.error)})'}: it looks at more than the program's answers, "
        "such as its text, its size or a clock",
    )


def _values(run: ProgramRun) -> str:
    return ", ".join(f"{name} {plain(value, 6)}" for name, value in run.values.items())


def in_one_process() -> str:
    """The advice for an evaluator that cannot run apart from its program."""
    return (
        f"{option('shared')} runs the program in its evaluator's process, and a better result is then called "
        '"by its own score"'
    )


def _refused(task: CommandTask, why: str) -> ConfigurationError:
    return ConfigurationError(f"task {task.name}: {why}; {in_one_process()}")


def check_comparable(task: CommandTask, runs: Sequence[ProgramRun], again: Sequence[ProgramRun]) -> None:
    """Raises TaskError if the original shows nothing, or shows something else when it runs again with the same seeds."""
    if not task.compare_output:
        return
    behaviours = [run.behaviour for run in runs if run.behaviour is not None]
    differences = (
        one.difference(run.behaviour, quoted=True) if run.behaviour else run.error
        for one, run in zip(behaviours, again, strict=True)
    )
    empty = [one.is_empty for one in behaviours]
    check_repeats(empty, differences, f"task {task.name}: {UNCHECKED}", f"task {task.name}: {VARYING}")


def check_left(task: CommandTask, left: Sequence[str]) -> None:
    """Raises TaskError if the original leaves what nothing compares, although its answer is compared."""
    if left:
        raise TaskError(f"task {task.name}: {LEAVES.format(', '.join(f'{path!a:.90}' for path in left[:3]))}")


def check_effect(
    task: CommandTask, original: ProgramRun, run: Callable[[Mapping[str, str]], ProgramRun | None]
) -> None:
    """Raises TaskError if words in place of the program do what the original does, because the program is then not measured.

    `original` is the original's run on the first instance. `run` runs other files there, and returns None if they do not build.
    """
    failed = run(dict.fromkeys(task.files, NO_PROGRAM))
    if failed is None or not failed.values or task.objective.unmet(failed.values):
        return
    printed = [name for name, reader in task.objective.readers.items() if reader not in COUNTED_BY_KERNEL]
    is_same = failed.values.keys() == original.values.keys() and "" != failed.answer == original.answer
    if printed:  # a score of nothing is what a broken program has, too
        is_same = any(original.values[name] for name in printed)
        is_same = is_same and all(failed.values.get(name) == original.values[name] for name in printed)
    if original.behaviour is not None and failed.behaviour is not None:
        is_same = not original.behaviour.difference(failed.behaviour, quoted=False)
    if is_same:
        raise TaskError(f"task {task.name}: {NO_EFFECT}{NOT_BUILT if task.build else NOT_RUN}")


def raised_in(task: CommandTask, failed: ProgramRun) -> str:
    """Where a failed run of the original raised, by the last step of its traceback in the tree, with a hint about what is
    missing."""
    steps = [(file.removeprefix(f"{COPY}/"), line) for file, line in _STEP.findall(failed.error)]
    path, line = next((step for step in reversed(steps) if (task.root / step[0]).is_file()), ("", ""))
    environment = (
        f"; name the virtual environment that has it: {option('python')} FOLDER "
        "(.venv beside pyproject.toml, or an active one, needs no name)"
    )
    hint = environment if "No module named" in failed.error else _of_missing(failed.error)
    return (f" ({path}, line {line})" if path else "") + hint


def _of_missing(error: str) -> str:
    """A hint that names the option for a program that this machine has and commands do not see; empty if there is none."""
    match = _NOT_FOUND.search(error)
    if match is None or (file := shutil.which(match[1])) is None:
        return ""
    program = Path(file)
    if program.resolve().name == "rustup":  # a shim, which finds its toolchains by the user's settings
        home = Path(os.environ.get("RUSTUP_HOME") or Path.home() / ".rustup")
        program = next(iter(sorted(home.glob(f"toolchains/*/bin/{match[1]}"))), program)
    folder = program.parent.parent if program.parent.name == "bin" else program.parent
    return f"; this machine has it in {folder}: {setting('tool')}={shlex.quote(str(folder))}"
