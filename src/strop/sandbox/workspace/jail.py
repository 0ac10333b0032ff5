"""Workspaces, each as confined as this machine allows.

`posture` says what was observed to be enforced. Not covered: kernel bugs, processor side channels, and what a program prints,
which is not a measurement.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import TypeAlias

from strop.base.closing import ClosesItself
from strop.base.errors import SandboxError
from strop.base.protections import DEFAULT_REQUIRE, Posture, required_of_commands
from strop.base.temporary import TemporaryFolder
from strop.sandbox.layers import Layers
from strop.sandbox.memory_floor import wait_for_memory
from strop.sandbox.posture import observe_commands, strongest
from strop.sandbox.tree_guests import TreePlan, TreeServer, TreeSlot
from strop.sandbox.workspace.base import Tree
from strop.sandbox.workspace.workspace import JailedWorkspace, KeeperFailed, KeeperLost


class Workspaces(ClosesItself):
    """Makes workspaces, each in a jail. Safe to use from many threads."""

    def __init__(
        self,
        *,
        slots: int,
        require: Collection[str] | None = None,
        layers: Layers | None = None,
        wait_for_memory: Callable[[], None] = wait_for_memory,
    ) -> None:
        """Find the strongest confinement that works on this machine and, if something is required, observe what it prevents. That
        takes most of a second, once per process, unless another process has observed it (`know`).

        Args:
            slots: how many may be open at once; `open` blocks while all are taken.
            require: names of `protections.PROTECTIONS_OF_COMMANDS` without which not to start; None: the default ones.
            layers: the strongest by default; tests and benchmarks remove some.
            wait_for_memory: called before each copy; raises SandboxError if the machine has too little memory left.

        Raises:
            SandboxUnavailable: a protection in `require` is not enforced, or strop cannot confine programs on this system.
        """
        self._slots = threading.BoundedSemaphore(slots)
        self._wait_for_memory = wait_for_memory
        self._lock = threading.Lock()
        self._open: set[JailedWorkspace] = set()
        self._servers: set[TreeServer] = set()
        self._idle: dict[str, list[tuple[TreeServer, ...]]] = {}
        """Plans → their idle trees."""
        self._closed = False
        wanted = required_of_commands(DEFAULT_REQUIRE if require is None else frozenset(require))
        self._requested = layers or Layers.strongest()
        if not wanted:
            self._layers = _working(self._requested, os.geteuid())
            return
        self._layers, posture = observed(self._requested)
        if posture.missing(wanted):  # it may have been disturbed
            _observed.clear()
            self._layers, posture = observed(self._requested)
        posture.require(wanted)

    @property
    def posture(self) -> Posture:
        """What its confinement was observed to prevent."""
        return observed(self._requested)[1]

    def open(self, tree: Tree) -> JailedWorkspace:
        """Open a fresh copy; blocks while no slot is free.

        Raises:
            SandboxError: the host could not make it.
        """
        self._slots.acquire()
        try:
            self._wait_for_memory()
            self._refuse_when_closed()
            workspace = JailedWorkspace(tree, self._layers, self._forget)
        except BaseException:
            self._slots.release()
            raise
        with self._lock:
            self._open.add(workspace)
        try:
            self._refuse_when_closed()
        except SandboxError:
            workspace.close()
            raise
        return workspace

    @property
    def has_trees(self) -> bool:
        """Whether `slot` works here: commands have a network and processes of their own."""
        return self._layers.namespaces

    def slot(self, plans: Sequence[TreePlan]) -> TreeSlot:
        """Trees with guests, kept for the next slot with equal plans; blocks while no slot is free.

        The trees take one slot together, because their guests work in turns.
        """
        self._slots.acquire()
        key = repr(plans)

        def take() -> tuple[TreeServer, ...]:
            with self._lock:
                idle = self._idle.get(key, [])
                if idle:
                    return idle.pop()
            self._wait_for_memory()
            self._refuse_when_closed()
            servers: list[TreeServer] = []
            try:
                for plan in plans:
                    servers.append(TreeServer(plan, lambda tree: JailedWorkspace(tree, self._layers)))
                    with self._lock:
                        self._servers.add(servers[-1])
                    self._refuse_when_closed()
            except BaseException:
                for server in servers:
                    server.close()
                raise
            return tuple(servers)

        def give_back(servers: tuple[TreeServer, ...]) -> None:
            with self._lock:
                self._servers = {server for server in self._servers if server.is_open}
                keeps = bool(servers) and not self._closed
                if keeps:
                    self._idle.setdefault(key, []).append(servers)
            for server in servers if not keeps else ():
                server.close()
            self._slots.release()

        return TreeSlot(take, give_back)

    def close(self) -> None:
        """Kill everything. Idempotent."""
        with self._lock:
            self._closed = True
            left = list(self._open)
            idle = [server for idle_trees in self._idle.values() for servers in idle_trees for server in servers]
            at_work = self._servers - set(idle)
            self._idle.clear()
        for server in idle:
            server.close()
        for server in at_work:
            server.stop()  # its user closes it
        for workspace in left:
            workspace.stop()  # its user closes it

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise KeeperFailed("the workspaces are closed")

    def _forget(self, workspace: JailedWorkspace) -> None:
        with self._lock:
            self._open.discard(workspace)
        self._slots.release()


@cache
def _working(layers: Layers, user: int) -> Layers:
    """The strongest layers that this machine allows this user."""

    def attempt(rung: Layers, refusals: Mapping[str, str]) -> Layers:
        with TemporaryFolder("strop-probe-") as root, JailedWorkspace(Tree(root, {}), rung):
            return rung

    return strongest(layers, attempt, KeeperLost, "no workspace can be made")


Observed: TypeAlias = tuple[Layers, Posture]
"""The strongest layers that this machine allows, and what they were observed to prevent."""
_observed: dict[tuple[Layers, int], Observed] = {}
_observing = threading.Lock()


def observed(layers: Layers | None = None) -> Observed:
    """What these layers were observed to prevent, by this process or one that it knows of (`know`); else they are observed
    now."""
    requested = layers or Layers.strongest()
    with _observing:
        key = requested, os.geteuid()
        if key not in _observed:
            _observed[key] = _observe(requested)
        return _observed[key]


def know(observation: Observed) -> None:
    """Use the observation of another process of this user on this machine, in place of one's own."""
    _observed[Layers.strongest(), os.geteuid()] = observation


def _observe(layers: Layers) -> Observed:
    def attempt(rung: Layers, refusals: Mapping[str, str]) -> Observed:
        opened: list[JailedWorkspace] = []

        def open_one(tree: Tree) -> JailedWorkspace:
            opened.append(JailedWorkspace(tree, rung))
            return opened[-1]

        return rung, observe_commands(open_one, lambda: {**opened[-1].report, **refusals})

    return strongest(layers, attempt, KeeperLost, "no workspace can be made")
