"""A function whose calls are recorded in a run of the user's command, as a task."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.base.plain_file import text_of
from strop.base.pluralize import quantity
from strop.base.python_discovery import interpreter_of
from strop.base.user_modules import name_of, source_roots
from strop.evaluation.functions.load import file_and_function, load_recorded, tools_of
from strop.evaluation.functions.reproduced import reproduced
from strop.tasks.function.calls import LEAST_CALLS, MOST_OF_THE_TIME, RecordedCalls, by_program, merged, read_calls
from strop.tasks.function.splice import find_function, read_source
from strop.tasks.function.task import FunctionTask, with_calls
from strop.watch.record import record
from strop.watch.watched import is_elsewhere


def recorded_task(
    target: str,
    sources: Sequence[str],
    python: str,
    tools: object,
    only: Sequence[str],
    say: Callable[[str], object],
) -> FunctionTask:
    """The task of a function and of the calls that its original repeats in the jail.

    Args:
        target: `module:name` or `file.py:name`.
        sources: commands, which run as the user runs them, or `@FILE` with calls that were recorded earlier.
        python: the interpreter that the user names; else that of the command, or of the project if all calls were recorded
        earlier. tools: files and folders outside of the project that the function may read. only: the functions that may change,
        in place of those that strop chooses. say: gets each line for the user.

    Raises:
        ConfigurationError: there is no such function, a command does not call it, or too few of its calls can be repeated.
        SandboxError: the host failed.
    """
    path, name = file_and_function(target)
    real = path.resolve()
    project = Path(os.path.commonpath(source_roots(real)))
    source = read_source(path, text_of(path, "file"))
    find_function(source, name)
    recorded, commands_python, beside = _recorded(sources, real, name, project, say)
    if len(recorded.calls) < LEAST_CALLS:
        seen = f"{recorded.looked_at:,} that strop looked at, of " * (recorded.looked_at < recorded.made)
        raise ConfigurationError(
            f"{recorded.name}: {quantity(len(recorded.calls), 'different call')} of {seen}{recorded.made:,} can be used, and "
            f"{LEAST_CALLS} are needed{_left_out(recorded.left_out)}. Record a longer run, or {by_program()}"
        )
    interpreter, shown = interpreter_of(path, python, commands_python), (*tools_of(tools), *beside)
    if hidden := [other for other in recorded.beside if Path(other) not in shown]:
        say(f"the calls imported {', '.join(hidden)}, which the jail shows with --set tool={hidden[0]}")
    task = load_recorded(target, recorded, interpreter, shown, only, is_checked=False)
    assert task.recorded is not None
    recorded = task.recorded
    repeatable = reproduced(task, recorded)
    task = with_calls(task, repeatable)
    say(summary(recorded, repeatable, task))
    if not only:
        say(what_may_change(recorded, task))
    return task


def _recorded(
    sources: Sequence[str], file: Path, name: str, project: Path, say: Callable[[str], object]
) -> tuple[RecordedCalls, str, list[Path]]:
    """The calls of all sources; the Python of the first command, empty if there is none; and what commands imported outside of
    the project. Raises ConfigurationError."""
    recordings, python, beside = list[RecordedCalls](), "", list[Path]()
    how = "in the jail" if is_elsewhere() else "as you run it, not in the jail"
    for source in sources:
        if source.startswith("@"):
            recordings.append(read_calls(Path(source[1:])))
            continue
        say(f"recording calls of {name}; the command runs {how}: {source}")
        calls, commands_python, note = record(source, file, name, name_of(file), project)
        recordings.append(calls)
        beside += map(Path, calls.beside)
        python = python or commands_python
        if note:
            say(note)
    if len({recording.name for recording in recordings}) > 1:
        raise ConfigurationError(
            f"the kept calls are of {' and '.join(sorted({recording.name for recording in recordings}))}"
        )
    return merged(*recordings), python, beside


def what_may_change(recorded: RecordedCalls, task: FunctionTask) -> str:
    """A line for the user: the functions that may change, and their share of the time of the calls if that is not nearly all."""
    names = {name if ":" in name else f"{task.path}:{name}" for name in task.changing}
    share = math.fsum(recorded.inside.get(name, 0.0) for name in names)
    text = f"the model may change: {', '.join(task.changing)}"
    if not recorded.inside or share >= MOST_OF_THE_TIME:
        return text
    most = max(recorded.inside.keys() - names, key=lambda name: (recorded.inside[name], name), default="")
    text += f", which ha{'ve' if len(names) > 1 else 's'} {share:.0%} of the time of its calls"
    return text + (f"; {recorded.inside[most]:.0%} are in {most}" if most else "")


def summary(recorded: RecordedCalls, repeatable: RecordedCalls, task: FunctionTask) -> str:
    """How many calls were recorded, and how many of them can be used, in a line or two for the user."""
    largest = max(len(call.arguments) for call in recorded.calls)
    text = (
        f"recorded {recorded.made:,} calls of {recorded.name}, kept {len(recorded.calls)} different ones "
        f"(the largest has {largest:,} bytes); repeated in the jail, {len(repeatable.calls)} of {len(recorded.calls)} "
        f"give the same result: {task.count('train')} to search with, {task.count('test')} held out"
    )
    return text + _left_out({**recorded.left_out, **repeatable.lost}).replace("; ", "\n", 1)


def _left_out(reasons: Mapping[str, int]) -> str:
    """`; left out: 3 larger than 8 MiB`; empty if no call was left out."""
    return "; left out: " * bool(reasons) + ", ".join(f"{count} {why}" for why, count in reasons.items())
