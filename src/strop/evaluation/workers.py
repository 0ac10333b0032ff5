"""What carries out one order at a time, with the tasks of a run and a jail, and what it needs for that."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import cloudpickle

from strop.base.errors import ConfigurationError, SandboxError, SandboxUnavailable
from strop.base.surface import has_flags
from strop.base.temporary import TemporaryFolder
from strop.base.user_modules import import_from, imported_from
from strop.evaluation.base import Order, OrderResult
from strop.evaluation.instances import Splits
from strop.evaluation.measure import measure
from strop.sandbox.jail import JailedSandbox
from strop.tasks.base import Task
from strop.tasks.command.task import AnyTask, CommandTask
from strop.tasks.command.tree import packed, unpack

if TYPE_CHECKING:
    from strop.evaluation.commands.worker import CommandWorker

T = TypeVar("T")


class WorkerLost(SandboxError):
    """A worker process ended at work, and no program did it: somebody killed it, as `GuestLost` says of a guest."""


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


@dataclass(frozen=True, eq=False)
class Errand(Generic[T]):
    """Work that is no order, done where a scorer can be killed."""

    do: Callable[..., T]
    """A function of a module, of the worker and of `arguments`."""
    arguments: tuple[Any, ...] = ()


class JailedWorker:
    """Carries out the orders of a worker process, with a jail of its own."""

    def __init__(self, equipment: Equipment, step: Callable[[str], None] = lambda line: None) -> None:
        """`step` gets what an errand does now. Takes about half a second.

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
        self.step = step
        self.tasks = {task.name: task for task in tasks if isinstance(task, Task)}
        self._splits, self._open = Splits(), ExitStack()
        commands = [task for task in tasks if isinstance(task, CommandTask)]
        self._commands = self._command_worker(commands, equipment) if commands else None
        self.sandbox = JailedSandbox(solution_slots=1, improver_slots=0, require=equipment.require, reuse=True)

    def measure(self, order: Order) -> OrderResult:
        """Measure the program of an order in the jail of this worker."""
        if self._commands is not None and order.task not in self.tasks:
            return self._commands.measure(order)
        task = self.tasks[order.task]
        return measure(task, order, self._splits.of(task, order.split, order.seeds), self.sandbox)

    def close(self) -> None:
        """Close the jail of this worker."""
        self.sandbox.close()
        if self._commands is not None:
            self._commands.close()
        self._open.close()

    def _command_worker(self, tasks: Sequence[CommandTask], equipment: Equipment) -> CommandWorker:
        """What measures the tasks with commands, on their trees, which it unpacks here."""
        from strop.evaluation.commands.worker import CommandWorker, workspaces_for  # here for the start-up time

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
