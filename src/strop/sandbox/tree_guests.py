"""Guests in a tree: a folder under the user's interpreter, confined like a command (`workspace`), behind the same `Session`.

Each evaluation has a room of its own, which begins as the tree and leaves nothing behind.

`TreeServer` is the host's end of `tree_server`, the workspace's only command.
"""

from __future__ import annotations

import importlib.util
import os
import select
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from strop.base.errors import GuestLost, SandboxError
from strop.sandbox import control
from strop.sandbox.base import GuestProgram, Limits
from strop.sandbox.child import Child, ExitStatus, exit_status
from strop.sandbox.confinement import filters
from strop.sandbox.session import Session
from strop.sandbox.workspace.base import CommandLimits, Tree
from strop.sandbox.workspace.workspace import HASHING, INTERPRETER, JailedWorkspace

_HERE = Path(__file__).parent
_NEEDED = (_HERE, _HERE.with_name("base"))
"""Folders that the server imports from."""
_START_SECONDS = 120.0
_ANSWER_SECONDS = 30.0
_FOREVER = 10**8
"""Seconds that a server may live: its guests have limits of their own."""
_BOOTSTRAP = """
import sys
del sys.path[0]
import types
names = ("strop", "strop.sandbox")
for name, folder in zip(names, sys.argv[1:]):
    sys.modules[name] = package = types.ModuleType(name)
    package.__path__ = [folder]
from strop.sandbox.tree_server import main
main()
"""


@dataclass(frozen=True)
class TreePlan:
    """A tree in which guests run."""

    tree: Tree
    interpreter: str
    memory_bytes: int
    """Most memory of all guests together."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables of guests; the first process gets only the seed of hashes."""
    search: Sequence[str] = ()
    """Folders in which `preload` is searched first."""
    preload: Sequence[str] = ()
    """Modules that guests find imported, if the first process can: from `search`, the standard library and, if `has_packages`,
    the interpreter's environment."""
    has_packages: bool = False
    """Whether the environment is strop's own: the first process, which has rights, executes no code of another."""
    address: str = ""
    """Address of the socket on which processes of the tree connect to the host; empty for none."""
    alone: bool = False
    """Whether guests may start no other process, so that the clock of a guest counts all that it does."""


@dataclass(frozen=True)
class Finished:
    """What the guests of one evaluation used together."""

    cpu_seconds: float
    memory_bytes: int
    denied: Mapping[str, int]


class TreeServer:
    """The first process of one tree. Guests may be opened from many threads."""

    def __init__(self, plan: TreePlan, make: Callable[[Tree], JailedWorkspace]) -> None:
        """Start it and wait until it is ready. Raises SandboxError."""
        self._arrival = threading.Condition()
        self._messages: list[tuple[control.Message, list[int]]] = []
        self._is_over = self._closed = False
        self._number = 0
        self._preloaded, self._memory_bytes = set(plan.preload), plan.memory_bytes
        self.door: socket.socket | None = None  # of the present room
        self.stopped = ""
        """The limit that ended the tree: `memory`; empty while it lives."""
        self._workspace = make(replace(plan.tree, tools=(*plan.tree.tools, *_NEEDED)))
        self._host, theirs = control.pair()
        with theirs:
            limits = CommandLimits(_FOREVER, _FOREVER, plan.memory_bytes, output_bytes=1 << 14)
            own = {name: value for name, value in plan.environment.items() if name == "PYTHONHASHSEED"}
            is_keepers = os.path.realpath(plan.interpreter) == INTERPRETER and own in ({}, HASHING)
            command = "" if is_keepers else _command(plan.interpreter)  # without one it is forked from the keeper
            try:
                self._running = self._workspace.begin(command, limits, own, theirs.fileno(), lays_rooms=True)
            except BaseException:
                self._host.close()
                self._workspace.close()
                raise
        self._thread = threading.Thread(target=self._follow, name="strop-tree", daemon=True)
        self._thread.start()
        try:
            control.send_with(self._host, {"plan": True}, _sent(plan))
            self._reply("ready", True, _START_SECONDS)
        except (control.ControlClosed, OSError, SandboxError) as error:
            last_line = self._last_words()
            self.close()
            kind = SandboxError if last_line else GuestLost  # what ends without a word was killed
            raise kind(f"cannot start a tree for an evaluator: {last_line or error}") from error

    def open(self, program: GuestProgram, limits: Limits, order: Mapping[str, Any]) -> TreeGuest:
        """A guest; `order` has its environment and the CPU seconds of each of its processes."""
        return TreeGuest(self, program, limits, order)

    def take(self, order: Mapping[str, Any]) -> tuple[Child, int]:
        """A fresh process that runs `guest/main.py`, and the file with its standard output and error."""
        with self._arrival:
            self._number += 1
            number = self._number
        self._send({"fork": number, **order})
        # It may be importing what the original did.
        message, received = self._reply("child", number, _START_SECONDS)
        if "failed" in message:
            raise SandboxError("a process cannot be started in what its program has left of their room")
        pidfd, to_guest, from_guest, output, output_file = received
        try:
            child = Child(
                pidfd=pidfd, to_guest=to_guest, from_guest=from_guest, output=output, wait=lambda: self._ended(number)
            )
        except OSError as error:
            for descriptor in (pidfd, to_guest, from_guest, output, output_file):
                os.close(descriptor)
            raise SandboxError(f"a guest cannot be taken from its tree: {error}") from error
        return child, output_file

    def preload(self, names: Collection[str]) -> None:
        """Import the modules of these names that may be imported, so that later guests need not."""
        if new := sorted(filter(may_be_preloaded, set(names) - self._preloaded)):
            self._preloaded.update(new)
            self._send({"preload": True}, new)

    def begin(self, files: Mapping[str, str] | None = None) -> None:
        """Begin the room of an evaluation, which has these files in place of the tree's. `ready` must follow."""
        self._running.denied.clear()
        try:
            self._workspace.begin_room()
        except SandboxError as error:
            raise GuestLost(f"the tree is gone: {error}") from error
        self._send({"begin": True}, dict(files or {}))

    def ready(self) -> None:
        """Wait until guests can be opened in the room. Raises SandboxError."""
        _, door = self._reply("begun", True, _START_SECONDS)  # its first process may still enter the environment
        self.door = socket.socket(fileno=door[0]) if door else None

    def finish(self) -> Finished:
        """End the room and all that runs in it. Raises GuestLost if the server does not answer, unless a limit ended it."""
        if self.door is not None:
            self.door.close()
        if self.stopped:
            return Finished(0.0, self._memory_bytes, Counter(self._running.denied))
        self._send({"finish": True})
        message, _ = self._reply("finished", True)
        return Finished(float(str(message["cpu"])), int(str(message["rss"])), Counter(self._running.denied))

    @property
    def denied(self) -> Counter[str]:
        """System calls that were refused in this room so far, by name."""
        return Counter(self._running.denied)

    @property
    def is_open(self) -> bool:
        """Whether it can open guests."""
        return not (self._closed or self._is_over)

    def stop(self) -> None:
        """End all its processes. May be called from another thread."""
        self._workspace.stop()

    def close(self) -> None:
        """End all its processes and free what it held. Idempotent."""
        with self._arrival:
            closed, self._closed = self._closed, True
        if closed:
            return
        self._workspace.stop()
        self._thread.join()
        self._workspace.close()
        self._running.close()
        self._host.close()
        if self.door is not None:
            self.door.close()
        for _, descriptors in self._messages:
            for descriptor in descriptors:
                os.close(descriptor)
        self._messages.clear()

    def _send(self, message: control.Message, content: object = None) -> None:
        try:
            control.send_with(self._host, message, content)
        except (control.ControlClosed, OSError) as error:
            raise GuestLost(f"the tree is gone: {error or 'its first process has ended'}") from error

    def _ended(self, number: int) -> ExitStatus:
        message, _ = self._reply("ended", number)
        return exit_status(message)

    def _reply(self, key: str, value: object, seconds: float = _ANSWER_SECONDS) -> tuple[control.Message, list[int]]:
        """The message with this key, and with this value unless `value` is None. Raises GuestLost."""

        def matching() -> tuple[control.Message, list[int]] | None:
            return next(
                (received for received in self._messages if key in received[0] and value in (None, received[0][key])),
                None,
            )

        with self._arrival:
            self._arrival.wait_for(lambda: matching() is not None or self._is_over or self._closed, seconds)
            reply = matching()
            if reply is None:
                raise GuestLost(f"the tree is gone: {self.stopped or self._last_words() or 'no answer'}")
            self._messages.remove(reply)
            if key == "finished":  # nobody waits for the ends of guests that it has killed
                self._messages = [received for received in self._messages if "ended" not in received[0]]
            return reply

    def _follow(self) -> None:
        """Take the messages of the server, and of the keeper about it, until one of them has ended."""
        poll = select.poll()
        self._running.register(poll)
        poll.register(self._host, select.POLLIN)
        with suppress(SandboxError, OSError, ValueError):
            while self._running.ended is None:
                for descriptor, event in poll.poll():
                    if descriptor != self._host.fileno():
                        self._running.take(poll, descriptor, event)
                        continue
                    try:
                        received = control.receive(self._host)
                    except (control.ControlClosed, OSError):
                        poll.unregister(descriptor)
                        continue
                    if "listens" in received[0]:
                        self._running.listen(poll, received[1][0])
                        continue
                    with self._arrival:
                        self._messages.append(received)
                        self._arrival.notify_all()
        with self._arrival:
            self.stopped = str((self._running.ended or {}).get("stopped", ""))
            self._is_over = True
            self._arrival.notify_all()

    def _last_words(self) -> str:
        with suppress(OSError, ValueError):
            self._running.drain()
        lines = self._running.streams[1].text().strip().splitlines()
        return lines[-1] if lines else ""


class TreeGuest(Session):
    """A guest of a tree, which remembers what its process printed."""

    def __init__(self, server: TreeServer, program: GuestProgram, limits: Limits, order: Mapping[str, Any]) -> None:
        super().__init__(program, limits, self._child)
        self._server, self._order = server, order
        self._now: Child | None = None
        self._output_file = -1
        self._ending = threading.Lock()
        self._is_killed = False

    def _child(self) -> Child:
        self._forget()
        self._now, self._output_file = self._server.take(self._order)
        if self._is_killed:
            self.kill()
        return self._now

    def kill(self) -> None:
        """End its process, and each that it begins from now on. May be called from another thread."""
        with self._ending:
            self._is_killed = True
            if self._now is not None:
                self._now.kill()

    def close(self) -> None:
        """Kill its process and free what it held. Idempotent."""
        with self._ending:
            super().close()

    def printed(self, most: int) -> str:
        """The end of what its process has printed."""
        if self._output_file < 0:
            return ""
        size = os.fstat(self._output_file).st_size
        return os.pread(self._output_file, most, max(0, size - most)).decode("utf-8", "replace")

    def _forget(self) -> None:
        if self._output_file >= 0:
            os.close(self._output_file)
            self._output_file = -1

    def end(self) -> None:
        """Close it, and forget what it printed. Idempotent."""
        self.close()
        self._forget()

    def __exit__(self, *exc: object) -> None:
        self.end()


class TreeSlot:
    """Trees that one user has for a while, made when they are first needed."""

    def __init__(
        self,
        take: Callable[[], tuple[TreeServer, ...]],
        give_back: Callable[[tuple[TreeServer, ...]], None],
    ) -> None:
        self._take, self._give_back = take, give_back
        self._servers: tuple[TreeServer, ...] = ()
        self._open = True

    def servers(self) -> tuple[TreeServer, ...]:
        """The trees; new ones if one of them can no longer open guests."""
        if not self._servers or not all(server.is_open for server in self._servers):
            self.renew()
            self._servers = self._take()
        return self._servers

    def renew(self) -> None:
        """Use fresh trees from now on."""
        for server in self._servers:
            server.close()
        self._servers = ()

    def close(self) -> None:
        """Give the trees back, for other users. Idempotent."""
        if self._open:
            self._open = False
            if not all(server.is_open for server in self._servers):
                self.renew()
            self._give_back(self._servers)


def _sent(plan: TreePlan) -> dict[str, Any]:
    names = ("interpreter", "search", "preload", "has_packages", "address")
    sent = {name: getattr(plan, name) for name in names}
    if plan.alone and filters.known_architecture():
        sent["filter"] = filters.alone_filter().instructions
    return {**sent, "environment": dict(plan.environment), "guest": str(_HERE / "guest")}


_ACTING = frozenset(("antigravity", "idlelib", "test", "this", "turtledemo"))
"""Modules of the standard library that do something when they are imported."""


def may_be_preloaded(name: str) -> bool:
    """Whether the first process, which has rights, may import a module that a guest reports to have imported."""
    parts = name.split(".")
    if parts[0] in _ACTING or "__main__" in parts or not all(map(str.isidentifier, parts)):
        return False
    return parts[0] in sys.stdlib_module_names or importlib.util.find_spec(parts[0]) is not None


def _command(interpreter: str) -> str:
    """A command that runs the server. Settings and hooks of an environment, and modules of the tree, are for guests alone."""
    arguments = [os.path.realpath(interpreter), "-s", "-S", "-c", _BOOTSTRAP, str(_HERE.parent), str(_HERE)]
    return "cd / && exec " + " ".join(f"'{word}'" for word in arguments)
