"""A `Sandbox` whose guests run in a tree under the user's interpreter, each in a room of its own, which ends with the guest.

Each thread may have several open. Trees are kept for the next guest.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from functools import partial

from strop.base.closing import ClosesItself
from strop.base.errors import GuestLost, SandboxError
from strop.base.protections import Posture
from strop.sandbox.base import GuestProgram, Handler, Limits, Outcome, OutOfMemory
from strop.sandbox.child import Child
from strop.sandbox.session import Requests
from strop.sandbox.tree_guests import TreeGuest, TreePlan, TreeServer, TreeSlot
from strop.sandbox.workspace.jail import Workspaces

_FOREVER = 10**8
"""CPU seconds of a process: each of its calls has a limit of its own."""


class TreeSandbox(ClosesItself):
    """Runs programs in the tree of a plan, each with its own files."""

    def __init__(self, workspaces: Workspaces, plan: TreePlan) -> None:
        self._workspaces, self._plan = workspaces, plan
        self._lock = threading.Lock()
        self._idle: list[TreeSlot] = []
        self._open = True

    @property
    def posture(self) -> Posture:
        """What is enforced in its rooms."""
        return self._workspaces.posture

    def open(self, program: GuestProgram, limits: Limits, handlers: Mapping[str, Handler] | None = None) -> RoomGuest:
        """Open a guest for `program`, in a room that begins as the tree. Raises SandboxError."""
        with self._lock:
            if not self._open:
                raise SandboxError("the sandbox is closed")
            slot = self._idle.pop() if self._idle else None
        slot = slot or self._workspaces.slot([self._plan])
        try:
            (server,) = slot.servers()
            server.begin(program.files)
            server.ready()
        except BaseException:
            slot.renew()
            self._put_back(slot)
            raise
        return RoomGuest(server, program, limits, partial(self._put_back, slot))

    def _put_back(self, slot: TreeSlot) -> None:
        with self._lock:
            if self._open:
                self._idle.append(slot)
                return
        _end(slot)

    def close(self) -> None:
        """End everything in idle rooms; in an open room, when it ends. Idempotent."""
        with self._lock:
            self._open = False
            idle, self._idle = self._idle, []
        for slot in idle:
            _end(slot)


class RoomGuest(TreeGuest):
    """The only guest of a room."""

    def __init__(self, server: TreeServer, program: GuestProgram, limits: Limits, put_back: Callable[[], None]) -> None:
        super().__init__(server, program, limits, {"environment": {}, "cpu_seconds": _FOREVER})
        self._room, self._put_back = server, put_back
        self._denied = Counter[str]()

    def _child(self) -> Child:
        child = super()._child()
        child.denied = self._newly_denied
        return child

    def _newly_denied(self) -> Mapping[str, int]:
        before, self._denied = self._denied, self._room.denied
        return self._denied - before

    def _outcome(self, waiting: deque[bytes], most_ahead: int, dispatcher: Requests) -> Outcome:
        try:
            return super()._outcome(waiting, most_ahead, dispatcher)
        except GuestLost:
            if not self._room.stopped:
                raise
            waiting.popleft()  # the room's limit ended it
            return OutOfMemory(self.limits.memory_bytes)

    def open_further(self, program: GuestProgram, limits: Limits) -> TreeGuest:
        """A further guest in its room."""
        return self._room.open(program, limits, self._order)

    def end(self) -> None:
        """End the guest and its room. Idempotent."""
        super().end()
        put_back, self._put_back = self._put_back, _nothing
        if put_back is not _nothing:
            try:
                self.memory_bytes = self._room.finish().memory_bytes
            except GuestLost:
                self._room.close()
            finally:
                put_back()


def _nothing() -> None:
    pass


def _end(slot: TreeSlot) -> None:
    """Give a slot back without its tree, which nobody should use again."""
    slot.renew()
    slot.close()
