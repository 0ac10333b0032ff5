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
"""The original on training instance i, apart from its evaluator or, with None, in its process."""


@dataclass(frozen=True)
class EvaluatorTrial:
    """What the original showed of its evaluator."""

    original_calls: OriginalCalls
    runs: tuple[ProgramRun, ...]
    """The original on the first two training instances."""
    again: ProgramRun | None
    """On the first one again; None if that is still to be seen."""


def trial(task: CommandTask, run: Run, *, is_recorded: bool) -> EvaluatorTrial:
    """Run the original of an evaluator apart from it and in its process. `is_recorded`: a record has it, and nothing is refused.

    Where the original does not run, there is one run, which says why.

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
    """Why nothing of the program reaches its evaluator; empty if something does."""
    if not ran.calls:
        return "its evaluator calls no function of the program, so that it scores something else"
    if not ran.gives:
        return "the program returns None to every call: what it changes in place stays in its own process"
    return ""


def _apart(task: CommandTask, run: Run, index: int, isolation: Isolation) -> ProgramRun:
    """The original where it has only the files that it opened. Raises TaskError and ConfigurationError if it has no score."""
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
    """The original on the first instance again: in one process with its evaluator; apart, if it draws from generators that the
    two would share; None if it does not answer alike.

    Raises:
        ConfigurationError: it answers alike, and its score is another one.
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
    """What an evaluator that cannot run apart from its program may do instead."""
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
    shown = [run.behaviour for run in runs if run.behaviour is not None]
    differences = (
        one.difference(run.behaviour, quoted=True) if run.behaviour else run.error
        for one, run in zip(shown, again, strict=True)
    )
    empty = [one.is_empty for one in shown]
    check_repeats(empty, differences, f"task {task.name}: {UNCHECKED}", f"task {task.name}: {VARYING}")


def check_left(task: CommandTask, left: Sequence[str]) -> None:
    """Raises TaskError if the original leaves what nothing compares, although its answer is compared."""
    if left:
        raise TaskError(f"task {task.name}: {LEAVES.format(', '.join(f'{path!a:.90}' for path in left[:3]))}")


def check_effect(
    task: CommandTask, original: ProgramRun, run: Callable[[Mapping[str, str]], ProgramRun | None]
) -> None:
    """Raises TaskError if words in place of the program do what the original does: then it is not what is measured.

    `original`: its run on the first instance; `run` runs other files on it, None if they do not build.
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
    """Where a failed run of the original raised, by its traceback's last step; and where a missing module may be."""
    steps = [(found.removeprefix(f"{COPY}/"), line) for found, line in _STEP.findall(failed.error)]
    path, line = next((step for step in reversed(steps) if (task.root / step[0]).is_file()), ("", ""))
    environment = (
        f"; name the virtual environment that has it: {option('python')} FOLDER "
        "(.venv beside pyproject.toml, or an active one, needs no name)"
    )
    hint = environment if "No module named" in failed.error else _of_missing(failed.error)
    return (f" ({path}, line {line})" if path else "") + hint


def _of_missing(error: str) -> str:
    """How to bring a program that this machine has and commands do not see."""
    found = _NOT_FOUND.search(error)
    if found is None or (file := shutil.which(found[1])) is None:
        return ""
    program = Path(file)
    if program.resolve().name == "rustup":  # a shim, which finds its toolchains by the user's settings
        home = Path(os.environ.get("RUSTUP_HOME") or Path.home() / ".rustup")
        program = next(iter(sorted(home.glob(f"toolchains/*/bin/{found[1]}"))), program)
    folder = program.parent.parent if program.parent.name == "bin" else program.parent
    return f"; this machine has it in {folder}: {setting('tool')}={shlex.quote(str(folder))}"
