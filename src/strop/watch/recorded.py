"""A function whose calls are recorded in a run of the user's command, as a task."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.base.plain_file import text_of
from strop.base.pluralize import quantity
from strop.base.python_discovery import interpreter_of
from strop.base.user_modules import name_of, source_roots
from strop.evaluation.functions.load import file_and_function, load_recorded, tools_of
from strop.evaluation.functions.reproduced import reproduced
from strop.tasks.function.calls import LEAST_CALLS, RecordedCalls, merged, read_calls
from strop.tasks.function.source import Source
from strop.tasks.function.splice import find_function, read_source
from strop.tasks.function.task import FunctionTask, with_calls
from strop.watch.record import record

ENOUGH, MOST_OTHERS, LEAST_SHARE = 0.9, 5, 0.02
"""Share of the time of a function's calls that the functions which may change should have; how many others may change; and the
least share of each."""


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
    recorded, commands_python = _recorded(sources, real, name, project, say)
    if len(recorded.calls) < LEAST_CALLS:
        raise ConfigurationError(
            f"{recorded.name}: {quantity(len(recorded.calls), 'different call')} of {recorded.made:,} can be used, and "
            f"{LEAST_CALLS} are needed{_left_out(recorded.left_out)}. Record a longer run, or a function that calls it"
        )
    changing, note = (only, "") if only else chosen(recorded, os.path.relpath(real, project), source)
    interpreter = interpreter_of(path, python, commands_python)
    task = load_recorded(target, recorded, interpreter, tools_of(tools), changing, is_checked=False)
    assert task.recorded is not None
    recorded = task.recorded
    repeatable = reproduced(task, recorded)
    task = with_calls(task, repeatable)
    say(summary(recorded, repeatable, task))
    if note:
        say(note)
    return task


def _recorded(
    sources: Sequence[str], file: Path, name: str, project: Path, say: Callable[[str], object]
) -> tuple[RecordedCalls, str]:
    """The calls of all sources, and the Python of the first command; empty if there is none. Raises ConfigurationError."""
    recordings, python = list[RecordedCalls](), ""
    for source in sources:
        if source.startswith("@"):
            recordings.append(read_calls(Path(source[1:])))
            continue
        say(f"recording calls of {name}; the command runs as you run it, not in the jail: {source}")
        calls, commands_python, note = record(source, file, name, name_of(file), project)
        recordings.append(calls)
        python = python or commands_python
        if note:
            say(note)
    if len({recording.name for recording in recordings}) > 1:
        raise ConfigurationError(
            f"the kept calls are of {' and '.join(sorted({recording.name for recording in recordings}))}"
        )
    return merged(*recordings), python


def chosen(recorded: RecordedCalls, file: str, source: Source) -> tuple[tuple[str, ...], str]:
    """The functions that may change if the user names none, and a note on their share of the time; the note is empty if it is
    all.

    They are the recorded function, and the fewest others of its file, at most five, that have nine tenths of the time with it.

    `file`: the function's file, from the project's top, as in `recorded.inside`.
    """
    names, share = [recorded.name], recorded.inside.get(f"{file}:{recorded.name}", 0.0)
    elsewhere = dict[str, float]()
    for function, own in sorted(recorded.inside.items(), key=lambda pair: -pair[1]):
        path, _, name = function.rpartition(":")
        if path != file:
            elsewhere[function] = own
        elif (
            name not in names
            and share < ENOUGH
            and len(names) <= MOST_OTHERS
            and own >= LEAST_SHARE
            and _can_change(source, name)
        ):
            names.append(name)
            share += own
    changing = tuple(names) if len(names) > 1 else ()
    if not recorded.inside or share >= ENOUGH:
        return changing, f"may change: {', '.join(names)}" if changing else ""
    text = f"may change: {', '.join(names)}, which ha{'ve' if changing else 's'} {share:.0%} of the time of its calls"
    most = next(iter(elsewhere), "")
    return changing, text + (f"; {elsewhere[most]:.0%} are in {most} (--only {most})" if most else "")


def _can_change(source: Source, name: str) -> bool:
    """Whether a candidate can have another text of a function: only one has this name, and it is in no other function."""
    with suppress(ConfigurationError):
        return bool(find_function(source, name))
    return False


def summary(recorded: RecordedCalls, repeatable: RecordedCalls, task: FunctionTask) -> str:
    """How many calls were recorded, and how many of them can be used, in a line or two for the user."""
    largest = max(len(call.arguments) for call in recorded.calls)
    text = (
        f"recorded {recorded.made:,} calls of {recorded.name}, kept {len(recorded.calls)} different ones "
        f"({largest:,} bytes at most); {len(repeatable.calls)} of {len(recorded.calls)} give the recorded answer again: "
        f"{task.count('train')} to search with, {task.count('test')} held out"
    )
    return text + _left_out({**recorded.left_out, **repeatable.lost}).replace("; ", "\n", 1)


def _left_out(reasons: Mapping[str, int]) -> str:
    """`; left out: 3 larger than 8 MiB`; empty if no call was left out."""
    return "; left out: " * bool(reasons) + ", ".join(f"{count} {why}" for why, count in reasons.items())
