"""Build every program from its sources: find what an earlier build left in the tree, so that no copy has it.

A build repeats only what it thinks is out of date, and a file that it should have made again would be measured in place of the
program (docs/design/0084-clean-builds.md).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from weakref import WeakKeyDictionary

from strop.base.errors import TaskError
from strop.base.scorer_notes import WORKSPACE
from strop.sandbox.workspace.base import CommandLimits, Times, Tree, Workspace, Workspaces
from strop.sandbox.workspace.copying import LEFT_OUT
from strop.sandbox.workspace.snapshots import COMPILED
from strop.tasks.command.task import CommandTask
from strop.tasks.command.tree import RECORD

_NAMED = 5
"""Files that a message names."""
_lock = threading.Lock()
_found: WeakKeyDictionary[Workspaces, dict[tuple[object, ...], tuple[str, ...]]] = WeakKeyDictionary()
"""What was found of each task, as long as its workspaces exist."""


def products(task: CommandTask, workspaces: Workspaces) -> tuple[str, ...]:
    """The files of a task's tree that its build and its test make, or that its command compiles if there is no build.

    The original is built twice, with all files in one order of age and in the opposite one: in one of them, whatever a file is
    made from is newer than it. What was written is what the build makes; it is left out if the build works without it. Found once
    for all copies; blocks while another thread looks.

    Raises:
        TaskError: the build writes compiled files that are there already, and does not work without them.
        SandboxError: the host failed.
    """
    key = (task.root, task.build or task.command, task.test, tuple(task.files.items()), task.writable, task.tools)
    known = _found.setdefault(workspaces, {})
    if key in known:  # without waiting: the thread that looks may wait for the caller's slots
        return known[key]
    with _lock:
        if key not in known:
            known[key] = _products(task, workspaces)
        return known[key]


def compiled(root: Path) -> Iterator[str]:
    """The files below `root` that are compiled programs or parts of them, by their first bytes.

    Records of runs are not opened: if this process writes one, closing it would drop SQLite's locks, and a reader could then
    truncate memory that SQLite uses here.
    """
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in LEFT_OUT]
        for name in names:
            path = Path(folder, name)
            if name.startswith(RECORD):
                continue
            if not path.is_symlink() and path.is_file() and _begin(path).startswith(COMPILED):
                yield path.relative_to(root).as_posix()


def _begin(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(8)
    except OSError:
        return b""


def _products(task: CommandTask, workspaces: Workspaces) -> tuple[str, ...]:
    programs = set(compiled(task.root))
    if not task.build and not programs:
        return ()
    orders: tuple[Times, ...] = ("rising", "falling")
    written = {path for times in orders for path in _written(task, workspaces, times)}
    # Without a build, the command's results are written too.
    made = sorted(written if task.build else written & programs)
    for some in (made, [path for path in made if path in programs]):
        if not some or _works(task, workspaces, some):
            return tuple(some)
    more = f" and {len(some) - _NAMED} more" if len(some) > _NAMED else ""
    raise TaskError(
        f"task {task.name}: what an earlier build left in the folder cannot be told from the program: the build writes "
        f"{', '.join(some[:_NAMED])}{more}, and fails without them; remove what it makes, as make clean does"
    )


def _written(task: CommandTask, workspaces: Workspaces, times: Times) -> set[str]:
    """The files of the tree that a build of the original writes, whether or not it succeeds."""
    with workspaces.open(Tree(task.root, {}, ("**",), task.tools, times=times)) as workspace:
        if not workspace.clear():
            return set()
        _build(task, workspace)
        changed = workspace.written()
    files = (path for path in changed if not path.endswith("/"))
    return {path for path in files if path not in task.files and os.path.lexists(task.root / path)}


def _works(task: CommandTask, workspaces: Workspaces, left_out: list[str]) -> bool:
    with workspaces.open(Tree(task.root, {}, task.writable, task.tools, left_out)) as workspace:
        return _build(task, workspace)


def _build(task: CommandTask, workspace: Workspace) -> bool:
    """Build and test, or run the command on one instance if there is no build; whether that succeeded."""
    seconds = task.time_limit
    limits = CommandLimits(
        wall_seconds=seconds, cpu_seconds=seconds * (os.cpu_count() or 1), memory_bytes=task.memory_limit
    )
    environment = {**task.environment, "STROP_SEED": "0", "STROP_INSTANCE": "0", WORKSPACE: "1"}
    steps = [step for step in (task.build or task.command_for(0, 0), task.test) if step]
    return all(workspace.run(step, limits, environment=environment).ok for step in steps)
