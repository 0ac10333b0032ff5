"""Workers: each carries out one order at a time, with the tasks of a run and a jail."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from typing import Protocol

import cloudpickle

from strop.base.errors import ConfigurationError, SandboxError, SandboxUnavailable
from strop.base.events import Evaluated
from strop.base.surface import has_flags
from strop.base.temporary import TemporaryFolder
from strop.base.user_modules import import_from, imported_from
from strop.evaluation.base import Order, OrderResult
from strop.evaluation.commands.measure import Progress, Spoiled, measure_command, spoiling
from strop.evaluation.commands.original import MeasuredOriginal
from strop.evaluation.commands.program_copy import Rooms
from strop.evaluation.instances import Splits
from strop.evaluation.measure import measure
from strop.sandbox.base import Sandbox
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.posture import Posture
from strop.sandbox.workspace.jail import Workspaces
from strop.tasks.base import Task
from strop.tasks.command.task import AnyTask, CommandTask
from strop.tasks.command.tree import packed, unpack


class WorkerLost(SandboxError):
    """A worker died; its order can be given again, to a new one."""


class Worker(Protocol):
    """Carries out one order at a time."""

    def measure(self, order: Order) -> OrderResult:
        """Carry out an order.

        Raises:
            WorkerLost: this worker is gone.
            StropError: the host failed.
        """
        ...

    def close(self) -> None:
        """End it and its guests, even while it measures. Idempotent."""
        ...


@dataclass(frozen=True)
class Equipment:
    """What a coordinator sends each worker process before its first order."""

    tasks: bytes
    """The tasks of the run, by cloudpickle: functions of a task file travel as code, those of installed modules by name."""
    require: frozenset[str]
    """Protections that the worker's jail must enforce."""
    path: tuple[str, ...]
    """`sys.path` of the coordinator, where modules that a scorer imports are found."""
    roots: tuple[str, ...] = ()
    """Folders of the user's modules, which come before what is installed."""
    trees: Mapping[str, bytes] = field(default_factory=dict)
    """Name of a command task → its tree, packed."""
    has_flags: bool = False
    """Whether messages spell options as flags."""


def pack(tasks: Sequence[AnyTask], require: frozenset[str]) -> Equipment:
    """The equipment for workers of a run.

    Raises:
        ConfigurationError: a task cannot be sent to another process, because its scorer holds an open file or the like.
    """
    path = tuple(map(os.path.abspath, sys.path))
    trees = {task.name: packed(task.root, task.named_files) for task in tasks if isinstance(task, CommandTask)}
    try:
        return Equipment(cloudpickle.dumps(tuple(tasks)), require, path, imported_from(), trees, has_flags())
    except Exception as error:  # whatever an object raises that cannot be pickled
        raise ConfigurationError(f"a task cannot be sent to a worker process: {error}") from error


class JailedWorker:
    """A `Worker` in this process, with a jail of its own."""

    def __init__(self, equipment: Equipment) -> None:
        """Takes about half a second.

        Raises:
            SandboxUnavailable: a required protection is not enforced on this machine.
            ConfigurationError: the tasks cannot be loaded.
        """
        sys.path[:] = [*equipment.path, *(entry for entry in sys.path if entry not in equipment.path)]
        import_from(equipment.roots)
        try:
            tasks: tuple[AnyTask, ...] = cloudpickle.loads(equipment.tasks)
        except Exception as error:
            raise ConfigurationError(f"a worker cannot load the tasks of the run: {error}") from error
        self._tasks = {task.name: task for task in tasks if isinstance(task, Task)}
        self._splits, self._open = Splits(), ExitStack()
        commands = [task for task in tasks if isinstance(task, CommandTask)]
        self._commands = self._command_worker(commands, equipment) if commands else None
        self._sandbox = JailedSandbox(solution_slots=1, improver_slots=0, require=equipment.require, reuse=True)
        self.posture: Posture = self._sandbox.posture
        """What its jail enforces."""

    def measure(self, order: Order) -> OrderResult:
        """Measure the program of an order in the jail of this worker."""
        if self._commands is not None and order.task not in self._tasks:
            return self._commands.measure(order)
        task = self._tasks[order.task]
        return measure(task, order, self._splits.of(task, order.split, order.seeds), self._sandbox)

    def close(self) -> None:
        """Close the jail of this worker."""
        self._sandbox.close()
        if self._commands is not None:
            self._commands.close()
        self._open.close()

    def _command_worker(self, tasks: Sequence[CommandTask], equipment: Equipment) -> CommandWorker:
        """What measures the tasks with commands, on their trees, which it unpacks here."""
        placed = []
        for task in tasks:
            if missing := [str(tool) for tool in task.tools if not tool.exists()]:
                raise SandboxUnavailable(
                    f"task {task.name} needs {', '.join(missing)}, which this machine does not have"
                )
            root = self._open.enter_context(TemporaryFolder("strop-tree-"))
            unpack(equipment.trees[task.name], root)
            placed.append(replace(task, root=root))
        return CommandWorker(placed, workspaces_for(placed, 1, equipment.require))


class SharedWorker:
    """A `Worker` in this process, with a jail that others use too, for tasks that cannot be sent to another process."""

    def __init__(self, tasks: Sequence[Task], sandbox: Sandbox, splits: Splits) -> None:
        """`sandbox` and `splits` are shared by all workers of this process."""
        self._tasks = {task.name: task for task in tasks}
        self._sandbox, self._splits = sandbox, splits

    def measure(self, order: Order) -> OrderResult:
        """Measure the program of an order in the shared jail."""
        task = self._tasks[order.task]
        return measure(task, order, self._splits.of(task, order.split, order.seeds), self._sandbox)

    def close(self) -> None:
        """Close the shared sandbox, because nothing else ends its guests."""
        self._sandbox.close()


class CommandWorker:
    """A `Worker` for command tasks, shared by all threads of a pool: they measure each original once."""

    def __init__(self, tasks: Sequence[CommandTask], workspaces: Workspaces) -> None:
        self.workspaces, self._rooms = workspaces, Rooms(workspaces)
        self._originals: dict[str, MeasuredOriginal] = {}
        self.recall(tasks, ())

    def recall(
        self, tasks: Sequence[CommandTask], recorded: Collection[Evaluated], progress: Progress = lambda *_: None
    ) -> None:
        """Measure these tasks from now on, on the trees that they name, and take over what a record holds of their originals.

        `progress` is called for verdicts.
        """
        self._progress = progress
        for task in tasks:
            self._rooms.free(task.name)  # they may be of another tree
            self._originals[task.name] = MeasuredOriginal(task, recorded)

    def is_constant(self, name: str) -> bool:
        """Whether a task's original was measured, and scored the same twice on one seed."""
        return self._originals[name].is_constant

    def measure(self, order: Order) -> OrderResult:
        """Measure the program of an order in the workspaces."""
        original = self._originals[order.task]
        return measure_command(original.task, order, self._rooms, original, self._progress)

    def spoiling(self, order: Order) -> AbstractContextManager[Spoiled]:
        """See `measure.spoiling`."""
        original = self._originals[order.task]
        return spoiling(original.task, order, self._rooms, original)

    def close(self) -> None:
        """Close the workspaces."""
        self._rooms.close()
        self._rooms.workspaces.close()


def workspaces_for(tasks: Sequence[CommandTask], at_once: int, require: Collection[str] | None) -> Workspaces:
    """Where so many orders of these tasks are measured at once. `require`: see `Workspaces`.

    Raises:
        SandboxUnavailable: a required protection is not enforced on this machine.
    """
    # Each order takes one for its candidate; each task may keep one for its original and one for its judge.
    return Workspaces(slots=(1 + 2 * len(tasks)) * at_once, require=require)
