"""Run a command of the user's, as the user would, with tools of strop's in each of its Python processes.

The command has the user's rights and environment. PYTHONPATH names a temporary folder whose `sitecustomize` begins the tools and
then runs the user's own. The tools write what they see into that folder.
"""

from __future__ import annotations

import errno
import json
import math
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from strop.base.errors import ConfigurationError
from strop.base.interpreter import users_environment
from strop.base.private import users_umask
from strop.base.terminal_text import escape
from strop.evaluation.outcomes import STAND_IN, pickler
from strop.sandbox import strop_plain_data as plain_data

_STOPPING = ((1, signal.SIGINT), (5, signal.SIGTERM), (5, signal.SIGKILL))
"""Seconds to wait, and the signal for a process that has not ended by then."""
_INSIDE = Path(__file__).parent / "inside"
_FOLDERS = (str(_INSIDE), str(STAND_IN), str(Path(plain_data.__file__).parent))


class Process(NamedTuple):
    """What a tool saw in one Python process."""

    argv: tuple[str, ...]
    """Its command line."""
    python: str
    """The path of its interpreter; empty if the process does not know it."""
    seconds: float
    """CPU seconds of all its threads until it wrote."""
    own: float
    """The part of them that strop's tools took: to begin, for what they do meanwhile, and to write."""
    seen: Any
    """The result of the tool, which is plain data. A process of the user's can write anything there."""


class Watched(NamedTuple):
    """How a command ended, and what tools saw in its processes."""

    status: int
    """Its exit status, negative if a signal ended it."""
    by_tool: Mapping[str, tuple[Process, ...]]
    """Name of a tool → the processes in which it saw something, in the order in which they began."""
    failed: tuple[str, ...]
    """For each process in which a tool did not begin or end, why."""
    seconds: float
    """CPU seconds of the command and of all processes that it waited for; 0 if the user stopped it."""

    def program_seconds(self, tool: str) -> float:
        """CPU seconds of the command's whole tree of processes, without those of strop's tools. `tool`: one of the tools."""
        seen = self.by_tool[tool]
        seconds, own = math.fsum(process.seconds for process in seen), math.fsum(process.own for process in seen)
        return max(self.seconds - own, seconds - own, 0.0)  # processes may end for which nobody waits


class Stopped(KeyboardInterrupt):
    """The user stopped strop. The command was stopped, too, and has ended."""

    def __init__(self, watched: Watched) -> None:
        super().__init__()
        self.watched = watched
        """What tools saw until then."""


Elsewhere: TypeAlias = Callable[[Mapping[str, bytes]], tuple[int, float, Mapping[str, bytes]]]
"""Runs a command with these files in the first folder of PYTHONPATH. Returns its exit status, its CPU seconds, and the files
there."""
_elsewhere = ContextVar[tuple[Elsewhere, str, str] | None]("elsewhere", default=None)


@contextmanager
def watched_elsewhere(run: Elsewhere, here: Path, there: str) -> Iterator[None]:
    """Within the block, commands run by `run` and not as the user runs them, whatever they are. It has the folder `here` as
    `there`."""
    token = _elsewhere.set((run, str(here), there))
    try:
        yield
    finally:
        _elsewhere.reset(token)


def is_elsewhere() -> bool:
    """Whether commands run elsewhere. Then what tools report is not the user's."""
    return _elsewhere.get() is not None


def needed() -> tuple[Path, ...]:
    """The files and folders of this machine that tools need."""
    return (*map(Path, _FOLDERS), pickler())


def run_watched(
    command: str | Sequence[str],
    tools: Sequence[str],
    plan: Mapping[str, Any],
    **streams: Any,
) -> Watched:
    """Run a command to its end. `command`: a text for the shell, or a list of arguments. `tools`: modules of `inside`, without
    `strop_`. `plan`: what the tools get. `streams`: what takes the place of the caller's `stdout`, `stderr`, `stdin`.

    Raises:
        ConfigurationError: there is no such program.
        Stopped: the user stopped it.
    """
    folder = Path(tempfile.mkdtemp(prefix="strop-watch-"))
    full_plan = json.dumps({**plan, "tools": list(tools), "folders": list(_FOLDERS), "pickler": str(pickler())})
    try:
        shutil.copyfile(_INSIDE / "sitecustomize.py", folder / "sitecustomize.py")
        if (elsewhere := _elsewhere.get()) is not None:
            run, here, there = elsewhere
            given = {"sitecustomize.py": (_INSIDE / "sitecustomize.py").read_bytes()}
            status, seconds, files = run({**given, "plan.json": full_plan.replace(here, there).encode()})
            for name, content in files.items():
                (folder / Path(name).name).write_bytes(content)
            return _seen(folder, tools, status, seconds, lambda path: _here(path, here, there))
        (folder / "plan.json").write_text(full_plan, "utf-8")
        variables = users_environment()
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, (str(folder), variables.get("PYTHONPATH", ""))))
        try:
            is_text, umask = isinstance(command, str), users_umask()
            process = subprocess.Popen(command, shell=is_text, env=variables, umask=umask, **streams)
        except OSError as error:
            raise ConfigurationError(f"{command[0]} cannot be run: {error.strerror}") from error
        stopped, seconds = None, 0.0
        try:
            _, ended, used = os.wait4(process.pid, 0)
            process.returncode, seconds = os.waitstatus_to_exitcode(ended), used.ru_utime + used.ru_stime
        except KeyboardInterrupt as error:
            stopped, process.returncode = error, _stop(process)
        watched = _seen(folder, tools, process.returncode, seconds)
        if stopped is not None:
            raise Stopped(watched) from stopped
        return watched
    finally:
        # The folder gets another name first, so that a process which ends later does not find it.
        remove(folder.rename(folder.with_name(f"{folder.name}.gone")))


def _seen(
    folder: Path, tools: Sequence[str], status: int, seconds: float, renamed: Callable[[str], str] | None = None
) -> Watched:
    """What tools wrote into a folder. `renamed`: the path that stands for another one. It is given for a program that may lie:
    then nobody starts the Python that it names."""
    seen = {tool: tuple(_read(folder, tool)) for tool in tools}
    if renamed is not None:
        seen = {
            tool: tuple(one._replace(python="", seen=_renamed(one.seen, renamed)) for one in processes)
            for tool, processes in seen.items()
        }
    failures = (escape(file.read_text("utf-8", "replace"), 400) for file in sorted(folder.glob("failed.*")))
    failed = [failure for failure in failures if failure]
    if any(folder.glob("*.part")):
        failed.append(f"it was killed as it wrote what it saw, or {folder.parent} is full")
    return Watched(status, seen, tuple(failed), seconds)


def _here(path: str, here: str, there: str) -> str:
    """The path in the folder `here` of a path in the folder `there`. A path elsewhere becomes one of no file: a program may name
    any file of this machine."""
    path = os.path.normpath(path)
    return here + path.removeprefix(there) if path.startswith(f"{there}/") else f"{here}/.elsewhere"


def _renamed(value: Any, renamed: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return renamed(value) if value.startswith("/") else value
    if isinstance(value, dict):
        return {key: _renamed(part, renamed) for key, part in value.items()}
    return [_renamed(part, renamed) for part in value] if isinstance(value, list) else value


def remove(folder: Path) -> None:
    """Remove a folder to which no path leads any more, also if a process still adds the file that it was opening there."""
    while folder.exists():
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:  # a file had another name by then
            continue
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:
                return


def _stop(process: subprocess.Popen[bytes]) -> int:
    """The status of a process that the user stopped together with strop. It first gets time to end by itself, because a terminal
    interrupts both, and a second signal would break off what the process does at its end."""
    for seconds, number in _STOPPING:
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
    return process.wait()


def _read(folder: Path, tool: str) -> list[Process]:
    processes = []
    for path in sorted(folder.glob(f"{tool}.*"), key=lambda path: path.suffix.zfill(24)):
        if path.suffix == ".part":
            continue
        try:
            written: Any = plain_data.decode(path.read_bytes())
            argv, python = tuple(map(str, written["argv"])), str(written["python"])
            seconds, own = float(written["seconds"]), float(written["own"])
            if 0 <= own < math.inf and 0 <= seconds < math.inf:
                processes.append(Process(argv, python, seconds, min(own, seconds), plain_data.decode(written["seen"])))
        except (plain_data.NotPlainData, TypeError, KeyError, ValueError):  # a process was killed as it wrote
            continue
    return processes
