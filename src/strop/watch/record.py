"""Record the calls of one function while a command of the user's runs."""

from __future__ import annotations

import math
import os
import signal
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from strop.base.errors import ConfigurationError
from strop.tasks.function.calls import RecordedCalls, RecordedCommand, checked_calls, merged
from strop.watch.hot import STROP, read_samples
from strop.watch.passed_input import passed_input
from strop.watch.watched import Process, Watched, run_watched

_STDERR = 2
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
    """Run a command and record the calls that its processes make of a function. What the command prints goes to standard error.
    Returns the calls, the path of the Python that made the first of them, and a note if the command failed.

    `name`: the function's name, in the file `file` of the folder `project`, which guests import as `module`.

    Raises:
        ConfigurationError: there is nothing to record; the message says why, and what to do.
        KeyboardInterrupt: the user stopped it.
    """
    real = file.resolve()
    plan = {"file": str(real), "name": name, "module": module, "project": str(project.resolve()), "strop": STROP}
    given = passed_input()
    stdin = None if given is None else given.reader
    try:
        watched = run_watched(command, ["recorder", "sampler"], plan, stdout=_STDERR, stdin=stdin)
    finally:
        read = b"" if given is None else given.end()
    folder = os.path.relpath(Path.cwd().resolve(), project.resolve())
    recorded_command = RecordedCommand(command, folder, watched.status, read)
    watching = [(process.python, seen) for process in watched.by_tool["recorder"] if (seen := _facts(process))]
    reports = [seen for _, seen in watching]
    path = os.path.relpath(real, project.resolve())
    calls = [own for number, seen in enumerate(reports) if (own := _calls_of(seen, number, path, name))]
    failure = _failure(watched.status)
    if not calls:
        raise ConfigurationError(
            f"{_why_none(command, path, name, module, reports, watched)}{failure and f' ({failure})'}"
        )
    seconds, inside = _inside(watched.by_tool["sampler"], real, name, project.resolve())
    recorded = replace(
        merged(*calls),
        commands=(recorded_command,),
        seconds=max(seconds - math.fsum(seen["within"] for seen in reports), 0.0),
        program_seconds=watched.program_seconds("sampler"),
        inside=inside,
    )
    if not recorded.calls:
        reasons = ", ".join(f"{why} ({number:,})" for why, number in list(recorded.left_out.items())[:3])
        raise ConfigurationError(
            f"none of the {recorded.looked_at:,} calls of {name} that strop looked at can be used: {reasons}; "
            "take a function that calls it, or that it calls"
        )
    lost = f"not all is recorded of a process: {watched.failed[0]}" if watched.failed else ""
    python = next(python for python, seen in watching if seen["made"])
    note = f"the command failed ({failure}); the calls that it made until then are recorded" if failure else lost
    return recorded, python, note


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
        return f"calls of {name} cannot be recorded: {refused}; take a function that calls it"
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


def _failure(status: int) -> str:
    if status < 0:
        return (
            f"it was ended by {signal.Signals(-status).name}" if -status in {*signal.Signals} else f"signal {-status}"
        )
    return f"exit status {status}" if status else ""
