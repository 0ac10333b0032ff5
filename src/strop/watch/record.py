"""Record the calls of one function while a command of the user's runs."""

from __future__ import annotations

import math
import os
import tempfile
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from strop.base.console import notify
from strop.base.environments import why_hidden
from strop.base.errors import ConfigurationError
from strop.base.pluralize import quantity
from strop.base.terminal_text import escape
from strop.tasks.command.tree import listed
from strop.tasks.function.calls import RecordedCalls, RecordedCommand, by_program, checked_calls, merged
from strop.watch.hot import STROP, ended, read_samples
from strop.watch.passed_input import passed_input
from strop.watch.watched import Process, Watched, is_elsewhere, run_watched

_LAST = 5
"""Lines of what a command prints that are shown."""
_FACTS: Mapping[str, type] = {
    "is_loaded": bool,
    "is_wrapped": bool,
    "yields": bool,
    "other": str,
    "refused": str,
    "made": int,
    "within": float,
}
"""What a process reports in addition to the fields of `RecordedCalls` → its type. `within`: CPU seconds that wrappers took within
calls."""
_CALL = ("index", "arguments", "outcome", "seconds", "shown", "digest")


def record(command: str, file: Path, name: str, module: str, project: Path) -> tuple[RecordedCalls, str, str]:
    """Run a command and record the calls that its processes make of a function. Of what it prints on standard output, the number
    of lines and the last of them are shown.

    Returns the calls, the path of the Python that made the first of them, and a note if the command failed.

    `name`: the function's name, in the file `file` of the folder `project`, which guests import as `module`.

    Raises:
        ConfigurationError: there is nothing to record; the message says why, and what to do.
        KeyboardInterrupt: the user stopped it.
    """
    real = file.resolve()
    plan = {"file": str(real), "name": name, "module": module, "project": str(project.resolve())}
    watched, read = _watched(command, ["recorder", "sampler"], plan)
    folder = os.path.relpath(Path.cwd().resolve(), project.resolve())
    recorded_command = RecordedCommand(command, folder, watched.status, read)
    watching = [(process.python, seen) for process in watched.by_tool["recorder"] if (seen := _facts(process))]
    reports = [seen for _, seen in watching]
    path = os.path.relpath(real, project.resolve())
    calls = [own for number, seen in enumerate(reports) if (own := _calls_of(seen, number, path, name))]
    failure = f"it {ended(watched.status)}" if watched.status else ""
    if not calls:
        raise ConfigurationError(
            f"{_why_none(command, path, name, module, reports, watched)}{failure and f' ({failure})'}"
        )
    seconds, inside = _inside(watched.by_tool["sampler"], real, name, project.resolve())
    recorded = merged(*calls)
    imported = () if is_elsewhere() else recorded.imported
    recorded = replace(
        recorded,
        commands=(recorded_command,),
        seconds=max(seconds - math.fsum(seen["within"] for seen in reports), 0.0),
        program_seconds=watched.program_seconds("sampler"),
        inside=inside,
        files=() if is_elsewhere() else tuple(sorted({*recorded.files} - {*listed(project, modules=True)})),
        imported=tuple(path for path in imported if (project / path).exists() and not why_hidden(project / path)),
    )
    if not recorded.calls:
        reasons = ", ".join(f"{why} ({number:,})" for why, number in list(recorded.left_out.items())[:3])
        reasons = reasons or "none of them ended"
        raise ConfigurationError(
            f"none of the {recorded.looked_at:,} calls of {name} that strop looked at can be used: {reasons}; {by_program()}"
        )
    lost = f"not all is recorded of a process: {watched.failed[0]}" if watched.failed else ""
    python = next(python for python, seen in watching if seen["made"])
    note = f"the command failed ({failure}); the calls that it made until then are recorded" if failure else lost
    return recorded, python, note


def python_of(command: str, project: Path) -> str:
    """Run a command once, and return the path of the Python that it starts first; empty if it starts none.

    Raises:
        ConfigurationError: it fails, or reads standard input, so that no jail can run it as it is.
        KeyboardInterrupt: the user stopped it.
    """
    watched, read = _watched(command, ["sampler"], {"project": str(project)})
    if watched.status:
        raise ConfigurationError(f"{command} {ended(watched.status)}; a program is measured that ends with status 0")
    if read != b"":
        raise ConfigurationError(f"{command} was given standard input; let it read a file: COMMAND < FILE")
    return next((process.python for process in watched.by_tool["sampler"] if process.python), "")


def _watched(command: str, tools: Sequence[str], plan: Mapping[str, str]) -> tuple[Watched, bytes | None]:
    """Run a command with tools, and show the last lines that it prints. Returns what tools saw, and its standard input."""
    given = passed_input()
    stdin = None if given is None else given.reader
    with tempfile.TemporaryFile() as printed:
        try:
            watched = run_watched(command, tools, {**plan, "strop": STROP}, stdout=printed, stdin=stdin)
        finally:
            read = b"" if given is None else given.end()
            _tell_of(printed)
    return watched, read


def _tell_of(printed: BinaryIO) -> None:
    """Show the last lines that a command printed, and how many there are."""
    printed.seek(0)
    last = deque(enumerate(printed, start=1), maxlen=_LAST)
    if last:
        lines = quantity(last[-1][0], "line")
        notify(f"the command printed {lines}{', the last of them:' if last[0][0] > 1 else ':'}")
    for _, line in last:
        notify(f"| {escape(line.decode('utf-8', 'replace').rstrip(), 200)}")


def _inside(processes: Sequence[Process], file: Path, name: str, project: Path) -> tuple[float, dict[str, float]]:
    """CPU seconds of all calls of the recorded function, by samples; and function of the project → its share of them, without
    other functions of the project that it calls. A function is `path:name`, with the path from the project's top."""
    seconds_of = defaultdict[str, float](float)
    for stack, seconds in read_samples(processes).stacks.items():
        if any((function.file, function.name) == (str(file), name) for function in stack):
            seconds_of[f"{os.path.relpath(stack[-1].file, project)}:{stack[-1].name}"] += seconds
    total = sum(seconds_of.values())
    return total, {name: seconds_of[name] / total for name in sorted(seconds_of, key=lambda name: -seconds_of[name])}


def _facts(process: Process) -> dict[str, Any] | None:
    """The report of a process; None if it is not what the recorder writes."""
    seen = process.seen
    is_whole = isinstance(seen, dict) and all(type(seen.get(fact)) is kind for fact, kind in _FACTS.items())
    return seen if is_whole and 0 <= seen["within"] < math.inf else None


def _calls_of(seen: Mapping[str, Any], process: int, file: str, name: str) -> RecordedCalls | None:
    """The calls of one process; None if it made none, or its report is impossible."""
    if not seen["made"]:
        return None
    fields = {key: value for key, value in seen.items() if key not in _FACTS or key == "made"}
    fields |= {
        "file": file,
        "name": name,
        "commands": [],
        "seconds": 0.0,
        "program_seconds": 0.0,
        "inside": {},
        "digest": "",
        "lost": {},
        "unreached": [],
    }
    with suppress(ValueError, TypeError):
        fields["calls"] = [{**dict(zip(_CALL, row, strict=True)), "process": 0} for row in seen["calls"]]
        return checked_calls(fields)
    return None


def _why_none(
    command: str, file: str, name: str, module: str, reports: Sequence[Mapping[str, Any]], watched: Watched
) -> str:
    """Why no process called the function, and what to do."""
    if not reports:
        if watched.failed:
            return f"strop could not watch {command}: {watched.failed[0]}"
        return f"{command} starts no Python that strop can watch; name a command that does, without -I, -E and -S"
    others = {str(report["other"]) for report in reports if not report["is_loaded"] and report["other"]}
    if refused := next((report["refused"] for report in reports if report["refused"]), ""):
        return f"calls of {name} cannot be recorded: {refused}; {by_program()}"
    if wrapped := [report for report in reports if report["is_wrapped"]]:
        unread = ", or reads nothing that it yields" if any(report["yields"] for report in wrapped) else ""
        return f"{command} loads {file} but never calls {name}{unread}; name a command that calls it"
    if any(report["is_loaded"] for report in reports):
        return (
            f"{command} loads {file}, but not in the way of Python's own import, so that strop cannot record {name}; "
            "name a command that imports it"
        )
    if others:
        return (
            f"{command} loads {module} from {min(others)}, not from {file}; install the project with pip install -e ."
        )
    return f"{command} does not load {file}; name a command whose program calls {name}"
