"""The worker that carries out one order at a time, with the tasks of a run and a jail, and the equipment that it needs."""

from __future__ import annotations

import io
import marshal
import os
import sys
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import field
from types import CodeType, MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, cast

import cloudpickle

from strop.base.errors import ConfigurationError, GuestLost, SandboxError, SandboxUnavailable
from strop.base.later import dataclass
from strop.base.protections import Posture
from strop.base.results import Evaluation
from strop.base.surface import has_flags
from strop.base.temporary import TemporaryFolder
from strop.base.user_modules import import_from, imported_from
from strop.evaluation.base import Order, OrderResult
from strop.evaluation.functions.scorer import SLOTS, programs_of
from strop.evaluation.instances import DrawnInstances
from strop.evaluation.measure import measure
from strop.sandbox.base import Sandbox
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.tree_sandbox import TreeSandbox
from strop.sandbox.workspace.endings import oom_kills
from strop.sandbox.workspace.jail import Observed, Workspaces, know, observed
from strop.tasks.base import Seeds, Split, Task
from strop.tasks.command.task import AnyTask
from strop.tasks.command.tree import packed, unpack

if TYPE_CHECKING:
    from strop.evaluation.commands.command_program import WorkspacePool
    from strop.tasks.function.task import FunctionTask

_MOST_SPLITS = 8
"""Splits whose instances are kept."""


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """cloudpickle's pickler, except that code keeps its file and its lines, so that errors name those of the user."""

    dispatch_table: ClassVar[Mapping[type, Any]] = ChainMap(
        {CodeType: lambda code: (marshal.loads, (marshal.dumps(code),))}, cloudpickle.Pickler.dispatch_table
    )


class WorkerLost(SandboxError):
    """A worker process ended at work, and no program did it: somebody killed it, as `GuestLost` says of a guest."""


@dataclass(frozen=True)
class Equipment:
    """What each worker process needs of a run; its coordinator sends it before the first order."""

    tasks: bytes
    """The tasks of the run, by cloudpickle: functions of a task file travel as code, those of installed modules by name."""
    require: frozenset[str]
    """Protections that the worker's jail must enforce."""
    path: tuple[str, ...]
    """`sys.path` of the coordinator, where modules that a scorer imports are found."""
    roots: tuple[str, ...] = ()
    """Folders of the user's modules, which come before what is installed."""
    trees: Mapping[str, bytes] = field(default_factory=dict)
    """Name of a task on a tree → its tree, packed; empty for a worker of this machine, which reads it where it is."""
    has_flags: bool = False
    """Whether messages spell options as flags."""
    observed: Observed | None = None
    """The protections of trees that the coordinator has observed, for workers of this machine; None if they observe them
    themselves."""


def pack(tasks: Sequence[AnyTask], require: frozenset[str], *, with_trees: bool = False) -> Equipment:
    """The equipment for workers of a run. `with_trees` packs the trees of tasks, for workers on other machines.

    Raises:
        ConfigurationError: a task cannot be sent to another process, because its scorer holds an open file or the like.
    """
    path = tuple(map(os.path.abspath, sys.path))
    trees = {
        task.name: packed(tree.root, tree.named, modules=tree.modules)
        for task in tasks
        if with_trees and (tree := task.tree)
    }
    packed_tasks = io.BytesIO()
    try:
        _Pickler(packed_tasks).dump(tuple(task.anywhere() for task in tasks))
    except Exception as error:  # whatever an object raises that cannot be pickled
        raise ConfigurationError(f"a task cannot be sent to a worker process: {error}") from error
    has_functions = any(task.mark is not None for task in tasks)
    observed_trees = observed() if has_functions and require and not with_trees else None  # begun as they were loaded
    return Equipment(packed_tasks.getvalue(), require, path, imported_from(), trees, has_flags(), observed_trees)


class JailedWorker:
    """Carries out the orders of a process, one at a time, in a jail of its own."""

    def __init__(
        self,
        tasks: Sequence[AnyTask],
        sandbox: JailedSandbox | None = None,
        pool: WorkspacePool | None = None,
        rooms: Mapping[str, TreeSandbox] = MappingProxyType({}),
        step: Callable[..., None] = lambda *facts: None,
        workspaces: Workspaces | None = None,
    ) -> None:
        """Solutions run in `sandbox` and commands in `pool`; None if there is no such task. Programs of marked functions run in
        `rooms`, by the name of their task, which are in `workspaces`. `step` gets lines that an errand reports, and for each
        measurement for a verdict its number and how many there are at most."""
        self.tasks = {task.name: task for task in tasks}
        self._sandbox, self.pool, self.step = sandbox, cast("WorkspacePool", pool), step
        self._rooms, self._workspaces = rooms, workspaces
        self._drawn: dict[tuple[str, Split, Seeds], DrawnInstances] = {}
        """The instances of the splits that were used last, the last one at the end."""

    @property
    def posture(self) -> Posture:
        """What the jail of the worker's programs enforces. If it has trees, it is their jail."""
        if self.pool is not None:
            return self.pool.workspaces.posture
        return (
            next((room.posture for room in self._rooms.values()), None) or cast("JailedSandbox", self._sandbox).posture
        )

    def sandbox_of(self, task: Task) -> Sandbox:
        """The sandbox in which the programs of a task run."""
        return self._rooms.get(task.name) or cast("JailedSandbox", self._sandbox)

    def workspaces_of(self, task: AnyTask) -> Workspaces:
        """The workspaces in which commands run in a copy of a task's project."""
        return self.pool.workspaces if task.root is not None else cast("Workspaces", self._workspaces)

    def task_of(self, order: Order) -> AnyTask:
        """The task of an order, on the tree that the order names."""
        task = self.tasks[order.task]
        if order.tree not in (None, task.root):
            self.pool.free(task.name)  # copies of another tree
            task = self.tasks[task.name] = task.in_project(order.tree)
        return task

    def measure(self, order: Order) -> OrderResult:
        """Measure the program of an order. If it is killed, it is measured again, in fresh rooms. A program that dies in the same
        way twice died by itself.

        Raises:
            GuestLost: the kernel lacked memory, the two attempts were killed in different ways, or the program is the original.
            SandboxError: the host failed.
        """
        killed, lost = oom_kills(), ""
        for _ in range(2):
            try:
                return self._measured(order)
            except GuestLost as error:
                if oom_kills() > killed:
                    raise GuestLost(f"{error}: this machine has too little memory (see dmesg)") from error
                if lost not in ("", str(error)):
                    raise
                lost = str(error)
        if order.is_of_original(self.tasks[order.task]):
            raise GuestLost(f"{lost}, and again in a second try")
        return OrderResult(Evaluation(value=0.0, verdict="died", error=f"{lost}, and again in a second try: by itself"))

    def _measured(self, order: Order) -> OrderResult:
        task = self.task_of(order)
        if task.root is None:
            key = task.name, order.split, order.seeds
            drawn = self._drawn.pop(key, None) or DrawnInstances(task, order.split, order.seeds)
            self._drawn[key] = drawn
            if len(self._drawn) > _MOST_SPLITS:
                del self._drawn[next(iter(self._drawn))]
            return measure(task, order, drawn, self.sandbox_of(task), progress=self.step)
        from strop.evaluation.commands.measure import measure_command  # here for the start-up time

        return measure_command(task, order, self.pool, self.step)


@contextmanager
def equipped(equipment: Equipment, step: Callable[..., None]) -> Iterator[JailedWorker]:
    """A worker with the equipment of a run. Takes about half a second.

    Raises:
        SandboxUnavailable: a required protection is not enforced on this machine.
        ConfigurationError: the tasks cannot be loaded.
    """
    sys.path[:] = [*equipment.path, *(entry for entry in sys.path if entry not in equipment.path)]
    import_from(equipment.roots)
    if equipment.observed is not None:
        know(equipment.observed)
    try:
        tasks: tuple[AnyTask, ...] = cloudpickle.loads(equipment.tasks)
    except Exception as error:
        raise ConfigurationError(f"a worker cannot load the tasks of the run: {error}") from error
    pool = sandbox = apart = None
    rooms: Mapping[str, TreeSandbox] = {}
    with ExitStack() as stack:
        tasks = tuple(_unpacked(task, equipment, stack) for task in tasks)
        on_trees = [task for task in tasks if task.root is not None]
        functions = [cast("FunctionTask", task) for task in tasks if task.mark is not None]
        if functions:
            apart = stack.enter_context(Workspaces(slots=SLOTS * len(functions), require=equipment.require))
            rooms = stack.enter_context(_rooms(functions, apart))
        if on_trees:
            from strop.evaluation.commands.command_program import WorkspacePool  # here for the start-up time

            # An order takes one for its candidate; each task may keep one for its original and one for its judge.
            workspaces = stack.enter_context(Workspaces(slots=1 + 2 * len(on_trees), require=equipment.require))
            pool = stack.enter_context(closing(WorkspacePool(workspaces)))
        if len(on_trees) + len(functions) < max(1, len(tasks)):
            jail = JailedSandbox(solution_slots=1, improver_slots=0, require=equipment.require, reuse=True)
            sandbox = stack.enter_context(closing(jail))
        yield JailedWorker(tasks, sandbox, pool, rooms, step, apart)


@contextmanager
def _rooms(functions: Sequence[FunctionTask], workspaces: Workspaces) -> Iterator[Mapping[str, TreeSandbox]]:
    """Name of a task → the sandbox in which its programs run."""
    with ExitStack() as stack:
        rooms = dict[str, TreeSandbox]()
        for task in functions:
            stack.callback(task.close)
            rooms[task.name] = stack.enter_context(closing(programs_of(task, workspaces)))
        yield rooms


def _unpacked(task: AnyTask, equipment: Equipment, stack: ExitStack) -> AnyTask:
    """The task on its tree. If the tree was sent with the equipment, it is unpacked on this machine."""
    if missing := [str(needed) for needed in task.needs if not needed.exists()]:
        raise SandboxUnavailable(f"task {task.name} needs {', '.join(missing)}, which this machine does not have")
    if task.name not in equipment.trees:
        return task
    root = stack.enter_context(TemporaryFolder("strop-tree-"))
    unpack(equipment.trees[task.name], root)
    return task.in_project(root)
