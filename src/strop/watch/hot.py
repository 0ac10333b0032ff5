"""Which functions of a project take the time of a command, and which of them `strop improve` can take.

A first run samples CPU time. A second run counts the calls of the functions that took most of it, and looks at their arguments.
"""

from __future__ import annotations

import ast
import math
import os
import shlex
import signal
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from strop.base.absent import ABSENT
from strop.base.errors import ConfigurationError
from strop.base.globs import is_test
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.base.printing import Printable
from strop.base.surface import switched
from strop.base.syntax import syntax_tree
from strop.base.user_modules import PROJECT, package_root
from strop.evaluation.batch_planning import BEFORE, SHORT, is_too_short
from strop.tasks.function.calls import LEAST_CALLS, MOST_CALLS
from strop.tasks.function.splice import find_function, read_source
from strop.watch.watched import Process, Stopped, Watched, run_watched

STROP = str(Path(__file__).parents[1])
"""The folder of this package, of which no function is the user's."""
LEAST_SHARE = 0.05
"""Least share of the CPU time for a row of the table."""
LEAST_SECONDS, MOST_RUNS = 0.1, 10
"""CPU time below which samples say nothing, and how often a command that takes less runs at most to be sampled."""
MOST_COUNTED = 20
"""Most functions whose calls are counted."""
WHOLE_PROGRAM = 0.8
"""Least share of the time for which a function that is called once is called the whole program."""
NOTHING = "in no function, imports included", "a test"
"""Why nothing can be done about a row."""
TOP_LEVEL = "<module>"
"""The name of the code of a file that is in no function."""


@dataclass(frozen=True)
class HotFunction:
    """A function of the project, and how much of the command's time it takes."""

    function: str
    """Name of the function, as `strop improve` takes it: `module:name` or `path.py:name`."""
    share: float
    """Share of the command's CPU time that it takes, together with what it calls."""
    own_share: float
    """Share of the command's CPU time that it takes, without other functions of the project that it calls."""
    calls: int | None
    """How often it was called. Calls inside another call of it do not count. Null if calls were not counted."""
    different: int | None
    """How many of these calls had different arguments. Null if calls were not counted."""
    is_least: bool
    """Whether `different` is a lower bound, because not all calls were looked at."""
    seconds_a_call: float | None
    """CPU time of one call, together with what it calls. Null if calls were not counted."""
    command: str
    """The command that improves the function: by its recorded calls or, with `fixed_input`, by the whole program. Empty if there
    is none."""
    reason: str
    """Why its calls cannot be used, so that the whole program measures it, or why nothing can be done. Empty if its calls
    are used."""


@dataclass(frozen=True, kw_only=True, repr=False)
class HotFunctions(Printable):
    """The functions of a project that take the time of a command."""

    command: tuple[str, ...]
    """The words of the command."""
    status: int
    """Exit status of the command. If a signal ended it, 128 and the number of the signal."""
    project: str
    """The folder of the project."""
    seconds: float
    """CPU time of the command with all its processes."""
    interval: float
    """Mean CPU time between two samples, in seconds."""
    share: float
    """Share of the CPU time that functions of the project take, together with what they call."""
    functions: tuple[HotFunction, ...]
    """The functions that are measured by their calls, those that are measured by the whole program, then the others, each by
    their share."""
    left_out: int
    """Number of further functions with at least 5% of the time."""
    notes: tuple[str, ...]
    """What to know about these figures, one line for each fact."""

    def __repr__(self) -> str:
        return f"<HotFunctions of {shlex.join(self.command)}: {len(self.functions)}>"


class _Function(NamedTuple):
    file: str
    name: str
    """Its qualified name."""
    is_async_generator: bool = False


class _Counted(NamedTuple):
    """What the second run counted of a function."""

    calls: int
    looked_at: int
    undescribed: int
    different: int
    is_least: bool
    effects: frozenset[str]


_Stacks = defaultdict[tuple[_Function, ...], float]
"""CPU seconds by stack, from the outermost function to the innermost."""


class Samples(NamedTuple):
    """The CPU time of some processes, by stack."""

    stacks: _Stacks
    interval: float
    unseen: float
    stopped: str


def find_hot(
    command: Sequence[str], *, once: bool, top: int, stdout: int | None, notify: Callable[[str], None]
) -> tuple[HotFunctions, BaseException | None]:
    """The functions that take a command's time, and what stopped the command if the user did. It runs again to count calls, and
    before that, if it is short, until there are samples enough; with `once` it does not.

    `stdout`: where its output goes; the output of further runs is discarded. `notify`: tells the user what happens.

    Raises:
        ConfigurationError: there is no such program.
    """
    project, start = _project(Path.cwd()), _input_position()
    runs, stop = _sampled(command, project, start, stdout, None if once else notify)
    first = runs[0]
    total = _seconds_of(runs) / len(runs)
    samples = read_samples([process for run in runs for process in run.by_tool["sampler"]], len(runs))
    rows = _rows(samples.stacks, total) if _seconds_of(runs) >= LEAST_SECONDS else {}
    notes = list(_notes(runs, samples, rows, project))
    wanted = [function for function in rows if _is_countable(function)][:MOST_COUNTED]
    counted: Mapping[_Function, _Counted] | None = None
    if wanted and not once and stop is None:
        notify("running it again to count calls, without showing its output (--once: do not)")
        plan = {"wanted": [[function.file, function.name] for function in wanted]}
        second, stop = _run(command, "counter", plan, subprocess.DEVNULL, subprocess.DEVNULL, start)
        if stop is None and second.status != first.status:
            notes.append(f"calls are not counted: the second run {ended(second.status)}, unlike the first")
        elif stop is None:
            counted = _read_counts(second.by_tool["counter"], wanted)
    if stop is not None:
        notes.append("it was stopped")
    table = _table(rows, samples.stacks, total, counted, _Surroundings(project, command))
    hot = HotFunctions(
        command=tuple(command),
        status=first.status if first.status >= 0 else 128 - first.status,
        project=str(project),
        seconds=total,
        interval=samples.interval,
        share=_share_of_functions(samples.stacks, total),
        functions=tuple(table[:top]),
        left_out=len(table[top:]),
        notes=tuple(notes),
    )
    return hot, stop


def _sampled(
    command: Sequence[str], project: Path, start: int | None, stdout: int | None, notify: Callable[[str], None] | None
) -> tuple[list[Watched], BaseException | None]:
    """Runs of the command with samples: one, or more of a short command if `notify` may tell the user."""
    first, stop = _run(command, "sampler", {"project": str(project)}, stdout, None)
    runs = [first]
    while (
        notify
        and stop is None
        and first.by_tool["sampler"]
        and _seconds_of(runs) < LEAST_SECONDS
        and len(runs) < MOST_RUNS
    ):
        if len(runs) == 1:
            notify("it is short: running it again to sample it, without showing its output (--once: do not)")
        again, stop = _run(command, "sampler", {"project": str(project)}, subprocess.DEVNULL, subprocess.DEVNULL, start)
        runs.append(again)
    return runs, stop


def _run(
    command: Sequence[str],
    tool: str,
    plan: Mapping[str, Any],
    stdout: int | None,
    stderr: int | None,
    start: int | None = None,
) -> tuple[Watched, BaseException | None]:
    """One run of the command, with its standard input from the position `start`."""
    plan = {**plan, "strop": STROP}
    if start is not None:
        os.lseek(0, start, os.SEEK_SET)
    try:
        return run_watched(command, (tool,), plan, stdout=stdout, stderr=stderr), None
    except Stopped as stopped:
        return stopped.watched, stopped.__cause__


def _seconds_of(runs: Sequence[Watched]) -> float:
    return math.fsum(run.program_seconds("sampler") for run in runs)


def _project(folder: Path) -> Path:
    """The nearest folder from `folder` upwards that is the top of a project, else `folder` itself."""
    folder = folder.resolve()
    projects = (parent for parent in (folder, *folder.parents) if any((parent / name).exists() for name in PROJECT))
    return next(projects, folder)


def _input_position() -> int | None:
    """The position of standard input, if it can be read again; else None."""
    with suppress(OSError):
        return os.lseek(0, 0, os.SEEK_CUR)
    return None


def ended(status: int) -> str:
    """How a command ended: `ended with status 3`."""
    if status >= 0:
        return f"ended with status {status}"
    with suppress(ValueError):
        return f"was ended by {signal.Signals(-status).name}"
    return f"was ended by signal {-status}"


def _notes(runs: Sequence[Watched], samples: Samples, rows: Mapping[_Function, float], project: Path) -> Iterator[str]:
    watched, total = runs[0], _seconds_of(runs) / len(runs)
    if watched.status:
        yield f"the command {ended(watched.status)}"
    if watched.failed:
        yield f"strop could not watch a process of it: {watched.failed[0]}"
    elif not watched.by_tool["sampler"]:
        yield (
            "no Python process was seen: the command starts none, or starts it with -I, -E or -S, "
            "which leave out what strop puts into it"
        )
    if not watched.by_tool["sampler"]:
        return
    if samples.stopped:
        yield f"sampling ended early: {samples.stopped}"
    if samples.unseen >= LEAST_SHARE * total:
        yield f"{samples.unseen / total:.0%} of the time is in threads that `threading` did not start, and is not seen"
    if total * len(runs) < LEAST_SECONDS:
        needed = f"{LEAST_SECONDS} s are needed in at most {MOST_RUNS} runs"
        yield f"too short to sample: {total:.2f} s of CPU, {needed}; give it more work"
    elif not any(function.name != TOP_LEVEL for function in rows):
        yield f"no function of this project ({project}) takes {LEAST_SHARE:.0%} of the time"


# What processes have written


def read_samples(processes: Sequence[Process], runs: int = 1) -> Samples:
    """The samples of all processes, as means over the runs. A process that wrote something else is left out."""
    names, stacks = _Definitions(), _Stacks(float)
    used, samples, unseen, stopped = 0.0, 0, 0.0, ""
    for process in processes:
        with suppress(TypeError, ValueError, KeyError, IndexError):
            seen = process.seen
            functions = [names.function(*row) for row in seen["functions"]]
            flat, own = iter(seen["stacks"]), _Stacks(float)
            for seconds in map(_seconds, seen["seconds"]):
                stack = [functions[next(flat)] for _ in range(next(flat, 0))]
                own[tuple(dict.fromkeys(stack))] += seconds / runs
            unseen += _seconds(seen["unseen"]) / runs
            samples += int(seen["samples"])
            stopped = stopped or str(seen["stopped"])[:200]
            for chain, seconds in own.items():
                stacks[chain] += seconds
            used += _seconds(seen["sampled"])
    return Samples(stacks, used / max(samples, 1), unseen, stopped)


def _seconds(value: object) -> float:
    if type(value) is not float or not 0 <= value < math.inf:
        raise ValueError("not a time")
    return value


def _read_counts(processes: Sequence[Process], wanted: Sequence[_Function]) -> dict[_Function, _Counted]:
    counts: dict[_Function, _Counted] = {}
    for process in processes:
        with suppress(TypeError, ValueError):
            rows = [([int(number) for number in row[:4]], frozenset(map(str, row[4]))) for row in process.seen]
            for function, ((calls, looked_at, undescribed, different), effects) in zip(wanted, rows, strict=True):
                is_least = looked_at < calls
                if calls and function in counts:  # equal calls of two processes may be among them
                    before = counts[function]
                    calls, looked_at = calls + before.calls, looked_at + before.looked_at
                    undescribed, different = undescribed + before.undescribed, max(different, before.different)
                    effects, is_least = effects | before.effects, True
                if calls:
                    counts[function] = _Counted(calls, looked_at, undescribed, different, is_least, effects)
    return counts


class _Definitions:
    """Qualified names of functions, by the files that define them."""

    def __init__(self) -> None:
        self._files: dict[str, list[tuple[int, int, str]]] = {}

    def function(self, file: str, line: int, name: str, qualified: str, is_async_generator: bool) -> _Function:
        """The function whose code begins at a line. Code without a name, such as a lambda, belongs to the function around it.
        `qualified`: its name in Python, qualified from 3.11 on."""
        if not (
            isinstance(file, str) and isinstance(line, int) and isinstance(name, str) and isinstance(qualified, str)
        ):
            raise TypeError("not a function")
        if file not in self._files:
            self._files[file] = []
            with suppress(OSError, ValueError):
                self._files[file] += definitions(Path(file).read_text("utf-8"))
        around = [each for each in self._files[file] if each[0] <= line <= each[1] and name != TOP_LEVEL]
        exact = [
            definition[2] for definition in around if definition[0] == line and definition[2].rpartition(".")[2] == name
        ]
        if exact:
            return _Function(file, exact[0], bool(is_async_generator))
        if around or self._files[file] or name.startswith("<"):
            return _Function(file, max(around)[2] if around else TOP_LEVEL)
        return _Function(file, qualified, bool(is_async_generator))


def definitions(text: str) -> Iterator[tuple[int, int, str]]:
    """(first line with decorators, last line, qualified name) of each function of a file; none if it is not Python."""
    with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        left: list[tuple[ast.AST, str]] = [(syntax_tree(text), "")]
        while left:
            node, outer = left.pop()
            for child in ast.iter_child_nodes(node):
                inner = outer
                if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                    first = min([child.lineno, *(decorator.lineno for decorator in child.decorator_list)])
                    yield first, child.end_lineno or first, f"{outer}{child.name}"
                    inner = f"{outer}{child.name}.<locals>."
                elif isinstance(child, ast.ClassDef):
                    inner = f"{outer}{child.name}."
                left.append((child, inner))


def functions_of(text: str) -> dict[str, tuple[int, int, str]]:
    """Qualified name of each function of a file → its first and last line, and its text. A file that is absent has none."""
    lines = text.removeprefix(ABSENT).splitlines()
    found = definitions("\n".join(lines))
    return {name: (first, last, "\n".join(lines[first - 1 : last])) for first, last, name in found}


# The table


class _Surroundings(NamedTuple):
    project: Path
    command: Sequence[str]

    def target(self, function: _Function) -> str:
        """The target by which `strop improve` takes a function: its module, if that is imported from the project's folder or its
        `src`, else its path."""
        file, name = Path(function.file), function.name
        root = package_root(file)
        parts = file.relative_to(root).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts
        if root in (self.project, self.project / "src") and all(map(str.isidentifier, parts)):
            return f"{'.'.join(parts)}:{name}"
        return f"{os.path.relpath(file)}:{name}"


def _rows(stacks: _Stacks, total: float) -> dict[_Function, float]:
    """The functions of the table → their seconds, most first; callers before what they call."""
    seconds, own = defaultdict[_Function, float](float), defaultdict[_Function, float](float)
    for stack, used in stacks.items():
        for function in stack:
            seconds[function] += used
        for function in stack[-1:]:
            own[function] += used
    seconds_of = {function: (own if function.name == TOP_LEVEL else seconds)[function] for function in seconds}
    hot = [function for function in seconds_of if seconds_of[function] >= LEAST_SHARE * total]
    return {
        function: seconds_of[function]
        for function in sorted(hot, key=lambda function: (-seconds_of[function], own[function]))
    }


def _share_of_functions(stacks: _Stacks, total: float) -> float:
    used = math.fsum(used for stack, used in stacks.items() if any(function.name != TOP_LEVEL for function in stack))
    return min(used / total, 1.0) if total else 0.0


def _is_countable(function: _Function) -> bool:
    return function.name != TOP_LEVEL and "<locals>" not in function.name and not function.is_async_generator


def _table(
    rows: Mapping[_Function, float],
    stacks: _Stacks,
    total: float,
    counted: Mapping[_Function, _Counted] | None,
    around: _Surroundings,
) -> list[HotFunction]:
    recorded, made = shlex.quote(shlex.join(around.command)), list[HotFunction]()
    for function, used in rows.items():
        count, reason = (counted or {}).get(function), _reason(function, used, total, counted)
        by_program = f" {switched('fixed_input')}" * bool(reason)
        target = around.target(function)
        outermost = target.partition(".<locals>")[0]
        made.append(
            HotFunction(
                function=target,
                share=min(used / total, 1.0),
                own_share=math.fsum(used for stack, used in stacks.items() if stack[-1:] == (function,)) / total,
                calls=None if count is None else count.calls,
                different=None if count is None else count.different,
                is_least=count is not None and count.is_least,
                seconds_a_call=None if count is None else used / count.calls,
                command=f"strop improve {shlex.quote(outermost)} --record {recorded}{by_program}"
                * (reason not in NOTHING),
                reason=reason,
            )
        )
    return sorted(made, key=lambda one: (not one.command, bool(one.reason)))


def _is_defined_once(function: _Function) -> bool:
    with suppress(OSError, ValueError, ConfigurationError):
        path, name = Path(function.file), function.name.partition(".<locals>")[0]
        return bool(find_function(read_source(path, path.read_text("utf-8")), name))
    return False


def _reason(function: _Function, used: float, total: float, counted: Mapping[_Function, _Counted] | None) -> str:
    """Why the calls of a function cannot be used; empty if they can, or were not counted."""
    if function.name == TOP_LEVEL:
        return NOTHING[0]
    if is_test(os.path.relpath(function.file)):
        return NOTHING[1]
    if not _is_defined_once(function):
        return "defined more than once"
    if "<locals>" in function.name:
        return "nested function"
    if function.is_async_generator:
        return "async generator"
    if counted is None:
        return ""
    count = counted.get(function)
    if count is None:
        return "no call was seen in the second run"
    if count.calls == 1:
        return "runs as the whole program" if used >= WHOLE_PROGRAM * total else "called once"
    if count.effects:
        return ", ".join(sorted(count.effects))
    held_out = min(count.different, MOST_CALLS) // 2 - BEFORE
    if count.different >= LEAST_CALLS and is_too_short(used / count.calls, held_out, SHORT):
        return "too short"
    if count.different < LEAST_CALLS and count.undescribed:
        return "arguments that strop cannot describe"
    is_cut = count.looked_at < min(count.calls, LEAST_CALLS)  # describing them took too long
    if count.different < LEAST_CALLS and not (is_cut and count.different == count.looked_at):
        of = f" of {count.looked_at:,} looked at" if count.looked_at < count.calls else ""
        return f"{quantity(count.different, 'different call')}{of}"
    return ""
