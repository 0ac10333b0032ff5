"""The recorded commands as a whole program: they run in copies of the project, with a patch and without, in turns.

What the program prints and writes is its behaviour (`strop.evaluation.outputs`). What all its processes take,
by the kernel's count, is its time.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from strop.base.environments import COPY
from strop.base.failures import gist
from strop.base.later import dataclass
from strop.base.results import CPU, LEAST_REPEATED, MEMORY, WALL, ProgramRuns, means_of
from strop.evaluation.base import Order
from strop.evaluation.commands.built_program import APART_MEMORY, OUTLIVE_SECONDS, words_of
from strop.evaluation.outputs import END, Outputs, OutputsCompared, compared
from strop.evaluation.pool import WorkerPool
from strop.evaluation.suite import candidate_seconds, most_seconds, project_tree
from strop.evaluation.workers import JailedWorker
from strop.sandbox import strop_plain_data as plain_data
from strop.sandbox.workspace.base import CommandLimits, Ran, Tree, Workspace
from strop.tasks.base import SecretSeeds
from strop.tasks.command.objective import missed
from strop.tasks.command.task import AnyTask
from strop.tasks.command.tree import JUNK
from strop.tasks.function.calls import RecordedCommand

CONFIRMED = 3
"""Runs of each program that a difference in their output takes."""
MOST_OF_FILE, MOST_OF_FILES = 1 << 20, 16 << 20
"""Most bytes of a file that a run wrote, and of all of them, that are compared; of more bytes the number is compared."""
LONG_SECONDS = 10.0
"""Wall seconds of a run from which it does not matter whether its modules are compiled before."""
MOST_LISTED = 16 << 20
"""Most bytes of the list of files."""
MOST_WATCHED, MOST_PROCESSES = 2 * plain_data.MOST_BYTES, 10_000
"""Most bytes that tools may write in a run of a program, and most files: the program may write there, too."""
_INPUT, _GIVEN, _WATCHED, _PAGE = ".strop/input", ".strop/given", ".watched", 4096
_LIST = (
    "find . -mindepth 1 -type d '(' {junk} -o -exec test -e '{{}}/CACHEDIR.TAG' ';' ')' -prune -o "
    "-path ./.strop -prune -o ! -type d -printf '%P\\t%s %C@\\0'"
).format(junk=" -o ".join(f"-name {shlex.quote(name)}" for name in sorted(JUNK)))
"""Prints each file of the copy with its size and the time of its last change, without caches."""
_LISTED = re.compile(r"(.*)\t(\d+ [\d.]+)", re.DOTALL)
_COMPILED = "find . -path '*/__pycache__/*.pyc'"
_ENVIRONMENT = re.compile(r"([\w./-]*[\w-])/bin/\w")


@dataclass(frozen=True)
class Versions:
    """The recorded commands in a project, with two versions of its files."""

    root: Path
    original: Mapping[str, str]
    """Files in place of those below `root`, path → text; a file that is absent is left out."""
    patched: Mapping[str, str]
    commands: Sequence[RecordedCommand]
    seconds: float = 0.0
    """Wall seconds of the original, once that is known."""


class _Run(NamedTuple):
    row: Mapping[str, float]
    outputs: Outputs
    failed: str
    """How a command ended otherwise than when it was recorded; empty if none did."""
    modules: tuple[str, ...]
    """The modules of the copy that Python compiled."""


def tried(pool: WorkerPool, task: AnyTask, program: Versions) -> ProgramRuns:
    """Two runs of the original, which tell whether the program runs in the jail, and what of its output repeats.

    Raises:
        SandboxError: the host failed.
    """
    return pool.run(partial(_tried, order=_order(task), program=program))


def measured(pool: WorkerPool, task: AnyTask, program: Versions, pairs: range) -> ProgramRuns:
    """Runs of both versions in turns, each in a copy of its own. `pairs`: the numbers of the pairs. They end early where another
    output is confirmed.

    Raises:
        SandboxError: the host failed.
    """
    return pool.run(partial(_measured, order=_order(task), program=program, pairs=pairs))


def watched(
    pool: WorkerPool, task: AnyTask, program: Versions, given: Mapping[str, bytes], tools: Sequence[Path]
) -> tuple[int, float, Mapping[str, bytes]]:
    """Run the patched program once, with the files `given` in the first folder of PYTHONPATH. `tools` may be read.

    Returns its exit status, the CPU seconds of all its processes, and the files that are in that folder then.

    Raises:
        SandboxError: the host failed.
    """
    return pool.run(partial(_watched, order=_order(task), program=program, given=given, tools=tools))


def _order(task: AnyTask) -> Order:
    return Order("program", task.seed, task.name, "train", SecretSeeds(b""), b"")


def _tried(worker: JailedWorker, *, order: Order, program: Versions) -> ProgramRuns:
    task = worker.tasks[order.task]
    side = _Side.of(task, program, program.original, most_seconds(task))
    runs = [side.ran(worker)]
    if not runs[0].failed:
        runs.append(side.ran(worker))
    repeated = compared([run.outputs for run in runs], []).repeated
    failed = next((run.failed for run in runs if run.failed), "")
    return ProgramRuns(original_metrics=tuple(run.row for run in runs), repeated=repeated, failed=failed)


def _measured(worker: JailedWorker, *, order: Order, program: Versions, pairs: range) -> ProgramRuns:
    task = worker.tasks[order.task]
    original = _Side.of(task, program, program.original, most_seconds(task))
    patched = _Side.of(task, program, program.patched, candidate_seconds(program.seconds))
    sides, both = (original, patched), (list[_Run](), list[_Run]())
    modules = original.ran(worker).modules if program.seconds < LONG_SECONDS else ()
    number, found = pairs.start, OutputsCompared(1.0, "")
    while number < pairs.stop or 0 < len(both[1]) < CONFIRMED * bool(found.where):
        for side in (0, 1) if number % 2 == 0 else (1, 0):
            both[side].append(sides[side].ran(worker, modules))
        number += 1
        if number >= pairs.stop or len(both[1]) == CONFIRMED:
            found = compared(*([run.outputs for run in runs] for runs in both))
            if found.where and len(both[1]) >= CONFIRMED:
                break
    originals, programs = (tuple(run.row for run in runs[: len(pairs)]) for runs in both)
    is_compared = found.repeated >= LEAST_REPEATED
    return ProgramRuns(
        metrics=programs,
        original_metrics=originals,
        repeated=found.repeated,
        differs=found.where if is_compared else "",
        missed=missed([one for one in task.required if one.is_relative], means_of(programs), means_of(originals)),
        quoted=found.quoted if is_compared else "",
    )


def _watched(
    worker: JailedWorker, *, order: Order, program: Versions, given: Mapping[str, bytes], tools: Sequence[Path]
) -> tuple[int, float, Mapping[str, bytes]]:
    task = worker.tasks[order.task]
    side = _Side.of(task, program, program.patched, most_seconds(task))
    tree = replace(side.tree, tools=(*side.tree.tools, *tools))
    path = os.pathsep.join(filter(None, (f"{COPY}/{_WATCHED}", side.environment.get("PYTHONPATH", ""))))
    with worker.workspaces_of(task).open(tree) as workspace:
        for name, content in given.items():
            workspace.put(f"{_GIVEN}/{name}", content)
        workspace.run(f"cp -r {_GIVEN} {_WATCHED}", CommandLimits())  # where the command may write
        (command,) = program.commands
        ran = workspace.run(command.text, side.limits, environment={**side.environment, "PYTHONPATH": path})
        listed = workspace.run(f"find {_WATCHED} -type f", CommandLimits(output_bytes=MOST_LISTED)).output.splitlines()
        files, room = dict[str, bytes](), MOST_WATCHED
        for path in listed[:MOST_PROCESSES]:
            files[path] = (workspace.read(path, room) or b"") if room > 0 else b""
            room -= len(files[path]) + _PAGE
    return ran.code if ran.code is not None else -signal.SIGKILL, ran.cpu_seconds, files


class _Side(NamedTuple):
    """One version of the program."""

    task: AnyTask
    commands: Sequence[RecordedCommand]
    tree: Tree
    environment: Mapping[str, str]
    limits: CommandLimits

    @classmethod
    def of(cls, task: AnyTask, program: Versions, files: Mapping[str, str], seconds: float) -> _Side:
        """The version with these files, whose commands may take so many wall seconds each."""
        limits = CommandLimits(
            wall_seconds=seconds,
            cpu_seconds=seconds * (os.cpu_count() or 1),
            memory_bytes=max(task.memory_limit, APART_MEMORY),
            outlive_seconds=OUTLIVE_SECONDS,
        )
        return cls(task, program.commands, *project_tree(task, program.root, files), limits)

    def ran(self, worker: JailedWorker, modules: Sequence[str] = ()) -> _Run:
        """Run the recorded commands, one after another, in one fresh copy. `modules` are compiled before, as they are for a user
        who ran the program already."""
        outputs, row, failed = dict[str, tuple[str, ...]](), {CPU: 0.0, WALL: 0.0, MEMORY: 0.0}, ""
        with worker.workspaces_of(self.task).open(self.tree) as workspace:
            if modules:
                compiling = f"python -m compileall -qq {' '.join(map(shlex.quote, modules))}"
                workspace.run(compiling, CommandLimits(), environment=self.environment)
            before = _listed(workspace)
            for command in self.commands:
                if command.folder.startswith(".."):
                    failed = f"it was recorded in {command.folder}, outside of the project"
                if command.input is None or (command.input and not workspace.put(_INPUT, command.input)):
                    failed = "too much of standard input was recorded"
                ran = workspace.run(_shell(command, self.tree), self.limits, environment=self.environment)
                outputs |= _printed(ran, f" of {command.text}" if len(self.commands) > 1 else "")
                row = {CPU: row[CPU] + ran.cpu_seconds, WALL: row[WALL] + ran.wall_seconds} | {
                    MEMORY: max(row[MEMORY], ran.memory_bytes / (1 << 20))
                }
                failed = failed or _failed(ran, command)
            outputs |= _written(workspace, before)
            compiled = workspace.run(_COMPILED, CommandLimits(output_bytes=MOST_LISTED)).output.splitlines()
        return _Run(
            row, outputs, failed, tuple(re.sub(r"__pycache__/([^/.]*)\.[^/]*$", r"\1.py", path) for path in compiled)
        )


def _shell(command: RecordedCommand, tree: Tree) -> str:
    """A command as the user ran it: in its folder, with its standard input and the environment of the project."""
    lines = [f"exec < {_INPUT}"] * bool(command.input)
    prefix = next(iter(tree.tools), Path())
    for named in dict.fromkeys(_ENVIRONMENT.findall(command.text)):
        if not named.startswith("/") and Path(named).name == Path(prefix).name:
            link = shlex.quote(os.path.normpath(f"{command.folder}/{named}"))
            lines.append(f"[ -e {link} ] || ln -s {shlex.quote(str(prefix))} {link}")
    return "\n".join([*lines, f"cd {shlex.quote(command.folder)} || exit 125", command.text])


def _failed(ran: Ran, command: RecordedCommand) -> str:
    """How a command ended, and what it said, if it ended otherwise than when it was recorded."""
    if ran.ending == "exited" and ran.code == command.status:
        return ""
    refused = ", ".join(sorted(ran.denied))
    lines = [line for line in words_of(ran).splitlines() if line.strip()]
    said = gist(lines[-1]) if lines else ""
    return "; ".join(filter(None, [ran.detail, said, f"the jail refuses {refused}" if refused else ""]))


def _printed(ran: Ran, of: str) -> dict[str, tuple[str, ...]]:
    """How a command ended, and what it printed."""
    cut = {f"all of standard output{of}": (ran.digest,)} if ran.output_truncated else {}
    end = f"{ran.detail}, with a process that lives on" if ran.lived_on else ran.detail
    return {f"{END}{of}": (end,), f"standard output{of}": tuple(ran.output.split("\n")), **cut}


def _listed(workspace: Workspace) -> dict[str, str]:
    """Path of each file in the copy → its size, and when it changed."""
    listed = workspace.run(_LIST, CommandLimits(output_bytes=MOST_LISTED)).output.split("\0")
    return {match[1]: match[2] for line in listed if (match := _LISTED.fullmatch(line))}


def _written(workspace: Workspace, before: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The files that were written, changed or removed since `before`: name → lines; of a binary file its bytes in one line."""
    after = _listed(workspace)
    paths = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
    found: dict[str, tuple[str, ...]] = {f"the file {path}": ("removed",) for path in paths if path not in after}
    room = MOST_OF_FILES
    for path in [path for path in paths if path in after]:
        content = (workspace.read(path, min(room, MOST_OF_FILE)) or b"") if room else b""
        room, size = max(room - max(len(content), _PAGE), 0), int(after[path].partition(" ")[0])
        found[f"the file {path}"] = (*_lines(content), *[f"{size} bytes"] * (size > len(content)))
    return found


def _lines(content: bytes) -> Sequence[str]:
    try:
        return content.decode().split("\n")
    except UnicodeDecodeError:
        return [content.hex()]
