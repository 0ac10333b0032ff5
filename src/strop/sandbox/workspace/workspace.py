"""The host's end of one workspace: its keeper's process, and each command's output, end, and calls that the jail refuses."""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path

from strop.base import interpreter
from strop.base.closing import ClosesItself
from strop.base.environments import needed_by, why_hidden
from strop.base.errors import GuestLost, SandboxError, SandboxUnavailable
from strop.base.temporary import TemporaryFolder
from strop.sandbox import control
from strop.sandbox.base import MOST_STARVED
from strop.sandbox.confinement import notify
from strop.sandbox.layers import Layers
from strop.sandbox.template import Template
from strop.sandbox.workspace import endings, plan
from strop.sandbox.workspace.base import CommandLimits, Ran, Tree
from strop.sandbox.workspace.kernel_memory import KernelMemory
from strop.sandbox.workspace.output import CappedStream

_TOLERATED = 10_000
"""How many refused calls of one command are counted; the kernel alone refuses the rest."""
_SLOWLY = 0.01


class RunningCommand:
    """One command. Register it with a poll, and give it every event of its descriptors until it has `ended`."""

    def __init__(
        self, end: int, receive: Callable[[], tuple[control.Message, list[int]]], streams: list[CappedStream]
    ) -> None:
        """`end` is the descriptor of the keeper's channel, and `receive` its next message."""
        self.end, self._receive, self.streams = end, receive, streams
        self.denied: Counter[str] = Counter()
        self.ended: Mapping[str, object] | None = None
        """The keeper's report."""
        self._open_streams = {stream.descriptor: stream for stream in streams}
        self._listeners: set[int] = set()

    def register(self, poll: select.poll) -> None:
        """Add the command's descriptors to `poll`."""
        for descriptor in (*self._open_streams, self.end, *self._listeners):
            poll.register(descriptor, select.POLLIN)

    def take(self, poll: select.poll, descriptor: int, event: int) -> None:
        """Handle an event, if it belongs to one of the command's descriptors."""
        if descriptor == self.end:
            message, descriptors = self._receive()
            if "ended" in message:
                self.ended = dict(message["ended"])
                return
            self.listen(poll, descriptors[0])
        elif descriptor in self._listeners:
            self._refuse(poll, descriptor, event)
        elif descriptor in self._open_streams:
            if not self._open_streams[descriptor].read():
                poll.unregister(descriptor)
                del self._open_streams[descriptor]
            elif self._open_streams[descriptor].slow:
                time.sleep(_SLOWLY)

    def listen(self, poll: select.poll, listener: int) -> None:
        """Count the calls that this listener reports, too."""
        self._listeners.add(listener)
        poll.register(listener, select.POLLIN)

    def _refuse(self, poll: select.poll, listener: int, event: int) -> None:
        """Refuse one call and count it. After too many, leave refusing to the kernel alone."""
        if event & select.POLLIN:
            notification = notify.receive(listener)
            if notification is not None:
                self.denied[notification[1].call] += 1
                notify.refuse(listener, notification[0])
            if self.denied.total() < _TOLERATED:
                return
        poll.unregister(listener)
        self._listeners.discard(listener)
        os.close(listener)

    def drain(self) -> None:
        """Read what is left of its output."""
        for stream in self.streams:
            stream.drain()

    def close(self) -> None:
        """Close the descriptors. Idempotent."""
        while self._listeners:
            os.close(self._listeners.pop())
        for stream in self.streams:
            stream.close()


_FOLDERS = tuple(reversed(Path(__file__).parents[:3]))
_BOOTSTRAP = """
import sys
del sys.path[0]
sys.dont_write_bytecode = True
import types
names = ("strop", "strop.sandbox", "strop.sandbox.workspace")
for name, folder in zip(names, sys.argv[2:]):
    sys.modules[name] = package = types.ModuleType(name)
    package.__path__ = [folder]
from strop.sandbox.workspace.keeper import main
main()
"""
"""Packages without their `__init__`, as in `fork_server_host`. Its options are those of a tree's first process (`tree_guests`),
which may be forked from it."""
HASHING = {"PYTHONHASHSEED": "0"}
"""The order of sets in keepers, and in what is forked from them, as in fork servers."""
INTERPRETER = os.path.realpath(interpreter.EXECUTABLE)
"""The interpreter of keepers, which needs no environment."""
keeper_template = Template(
    lambda channel: [INTERPRETER, "-s", "-S", "-c", _BOOTSTRAP, str(channel), *map(str, _FOLDERS)],
    lambda: {"LANG": "C.UTF-8", **HASHING},
)
"""What all keepers of this process are forked from; see `keeper`."""
_SYSTEM = "/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin"
_START_SECONDS = 120.0
_GRACE_SECONDS = 20.0
"""Seconds that a keeper may take to end a command when told to."""
_STARTS = 3
"""Keepers that are started if the first are killed."""


class KeeperFailed(SandboxError):
    """The keeper could not apply its layers, or has died."""


class KeeperLost(KeeperFailed, GuestLost):
    """The keeper had begun, and something from outside ended it."""


class JailedWorkspace(ClosesItself):
    """One `Workspace`. Made by `Workspaces.open`."""

    def __init__(self, tree: Tree, layers: Layers, release: Callable[[JailedWorkspace], None] = lambda _: None) -> None:
        """Start the keeper and wait for the copy. `release` is called once, when the workspace is closed.

        Raises:
            KeeperFailed: this machine refuses these layers, or the tree cannot be copied.
        """
        self._release: Callable[[JailedWorkspace], None] = lambda _: None
        self._open = True
        self._closing = threading.Lock()
        self._keeper = -1
        self._folder: TemporaryFolder | None = None
        self._kernel_memory: KernelMemory | None = None
        self._tree, self._layers = tree, layers
        self._ready = self._stopped = False
        try:
            self.report = self._started()
        except BaseException:
            self.close()
            raise
        self._release = release

    def _started(self) -> dict[str, str]:
        """Start the keeper, again if it is killed, and return its report."""
        for _ in range(_STARTS - 1):
            try:
                return self._start(self._tree)
            except KeeperFailed:
                if self._stopped or self._process.returncode != -signal.SIGKILL:
                    raise
                self._end_keeper()
        return self._start(self._tree)

    def _start(self, tree: Tree) -> dict[str, str]:
        self._end, other = control.pair()
        self._end.settimeout(_START_SECONDS)
        if not self._layers.namespaces:
            self._folder = TemporaryFolder("strop-workspace-")
            self._folder.path.chmod(0o711)
            for name in ("copy", "tmp"):
                (self._folder.path / name).mkdir()
                (self._folder.path / name).chmod(0o1777)
        with other:
            try:
                self._process = keeper_template.fork(other.fileno(), tells=True)
                source = os.open(tree.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            except (control.ControlClosed, FileNotFoundError, NotADirectoryError, PermissionError) as error:
                raise SandboxError(f"cannot create a workspace: {error}") from error
        try:
            workspace_plan = _plan(tree, self._layers, self._folder.path if self._folder else None)
            self._kernel_memory = KernelMemory()
            control.send_with(self._end, {"plan": True}, asdict(workspace_plan), source, *self._kernel_memory.files)
        except (control.ControlClosed, OSError) as error:
            raise KeeperFailed(f"cannot start a workspace: {self._last_words()}") from error
        finally:
            os.close(source)
        message, keeper = self._receive()
        if "ready" not in message:
            raise KeeperFailed(f"cannot create a workspace: {message.get('failed')}") from control.system_error(message)
        self._keeper = keeper[0]
        self._end.settimeout(None)  # a keeper that is gone closes it, and its work on files has limits of its own
        self._ready = True
        report: dict[str, str] = dict(message["ready"])
        return report

    def run(self, command: str, limits: CommandLimits, *, environment: Mapping[str, str] | None = None) -> Ran:
        """Run `command` with `sh -c` in the root of the copy; when it has ended, no process of it is running.

        Raises:
            SandboxError: the host could not run it, never because of what the command did.
        """
        killed = endings.oom_kills()
        running = self.begin(command, limits, environment)
        try:
            try:
                ended = self._follow(running, limits)
            except BaseException:  # Ctrl-C: the keeper's next message would be about this command
                self._cut_off()
                raise
            running.drain()
            ran = endings.ran(ended, limits, running.streams[0], running.streams[1], running.denied)
            if ran.detail == "signal SIGKILL" and endings.oom_kills() > killed:
                raise GuestLost("a process of a command was killed")
            return ran
        finally:
            running.close()

    def begin(
        self,
        command: str,
        limits: CommandLimits,
        environment: Mapping[str, str] | None,
        stdin: int | None = None,
        *,
        lays_rooms: bool = False,
    ) -> RunningCommand:
        """Start a command, which the caller must follow. `stdin`: a descriptor, in place of /dev/null. `lays_rooms`: the command
        is strop's own and confines its children itself (`tree_server`); so is an empty command."""
        if not self._open:
            raise KeeperFailed("the workspace is closed")
        if "\0" in command:
            raise SandboxError("a command with a zero byte cannot be run")
        request = asdict(limits) | {
            "command": command,
            "environment": dict(environment or {}),
            "lays_rooms": lays_rooms,
        }
        with ExitStack() as undo:
            streams, theirs = [], []
            for reader, writer in (_socket_pair(), os.pipe()):
                theirs.append(writer)
                streams.append(CappedStream(reader, limits.output_bytes))
                undo.callback(streams[-1].close)
            try:
                control.send_with(self._end, {"run": True}, request, *theirs, *([] if stdin is None else [stdin]))
            except (control.ControlClosed, OSError) as error:
                raise self._gone(error) from error
            finally:
                for writer in theirs:
                    os.close(writer)
            undo.pop_all()
        return RunningCommand(self._end.fileno(), self._receive, streams)

    def _follow(self, running: RunningCommand, limits: CommandLimits) -> Mapping[str, object]:
        """Follow the command, and end it at its time limit; return the keeper's report."""
        poll = select.poll()
        running.register(poll)
        stopped = False
        deadline = time.monotonic() + limits.wall_seconds
        while running.ended is None:
            left = deadline - time.monotonic()
            if left > 0:
                for descriptor, event in poll.poll(max(1.0, left * 1000)):
                    running.take(poll, descriptor, event)
            elif stopped:
                raise KeeperLost("a workspace does not end its command")
            else:
                most = MOST_STARVED * limits.wall_seconds
                stopped, deadline = True, time.monotonic() + most + _GRACE_SECONDS
                self._tell({"late": most})
        return running.ended

    def read(self, path: str, most: int = 1 << 20) -> bytes | None:
        """The first `most` bytes of a regular file that a command wrote, by its path in the copy; None if there is none."""
        self._tell({"read": path})
        _, descriptors = self._receive()
        if not descriptors:
            return None
        with os.fdopen(descriptors[0], "rb") as file:
            return file.read(most)

    def put(self, path: str, content: bytes) -> bool:
        """Write a file into the copy, with the folders it needs. Returns whether that was possible: not if a part of its path is
        a link."""
        descriptor = os.memfd_create("strop-file", os.MFD_CLOEXEC)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            self._tell({"put": path}, [descriptor])
            message, _ = self._receive()
        return bool(message["put"])

    def clear(self) -> bool:
        """Restore all files, in the copy and outside of it, to their state at the first call. Returns whether that was
        possible."""
        self._tell({"clear": True})
        message, _ = self._receive()
        return bool(message["cleared"])

    def begin_room(self) -> None:
        """Begin a new room of the command that lays rooms: memory of the kernel that the last room left does not count for it."""
        self._tell({"room": True})

    def stop(self) -> None:
        """End all its processes. A thread that is using it gets a KeeperFailed. Idempotent."""
        self._stopped = True
        self._cut_off()

    def _cut_off(self) -> None:
        with suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)
        if self._layers.namespaces:  # otherwise only the keeper itself can end all its descendants
            self._process.kill()

    def close(self) -> None:
        """Kill all processes and delete the copy. Idempotent."""
        with self._closing:
            if not self._open:
                return
            self._open = False
        try:
            self._stopped = True
            self._end_keeper()
        finally:
            self._release(self)

    def _end_keeper(self) -> None:
        """End the keeper and all commands, and delete the copy."""
        if hasattr(self, "_process"):
            self._end_process()
        if self._folder is not None:
            self._folder.close()
            self._folder = None

    def _end_process(self) -> None:
        self._cut_off()
        self._process.wait(_GRACE_SECONDS)
        self._process.end()
        self._end.close()
        if self._keeper >= 0:  # process 1 died with the stub that we have waited for, and all others with it
            ready = select.poll()
            ready.register(self._keeper, select.POLLIN)
            ready.poll(_GRACE_SECONDS * 1000)
            os.close(self._keeper)
            self._keeper = -1
        if self._kernel_memory is not None:
            self._kernel_memory.close()

    def _tell(self, message: control.Message, descriptors: Sequence[int] = ()) -> None:
        if not self._open:
            raise KeeperFailed("the workspace is closed")
        try:
            control.send(self._end, message, descriptors)
        except (control.ControlClosed, OSError) as error:
            raise self._gone(error) from error

    def _receive(self) -> tuple[control.Message, list[int]]:
        try:
            return control.receive(self._end)
        except (control.ControlClosed, TimeoutError, OSError) as error:
            raise self._gone(error) from error

    def _gone(self, error: BaseException) -> KeeperFailed:
        kind = KeeperLost if self._ready and not self._stopped else KeeperFailed
        return kind(f"the keeper of a workspace is gone: {self._last_words() or error}")

    def _last_words(self) -> str:
        self._process.end()
        return self._process.last_words or f"exit status {self._process.returncode}"


def _socket_pair() -> tuple[int, int]:
    """A (reader, writer) pair of sockets for standard output, from which scores are read. /proc cannot reopen a socket, so only
    processes that were given it can write to it."""
    reader, writer = socket.socketpair()
    reader.shutdown(socket.SHUT_WR)
    return reader.detach(), writer.detach()


def _plan(tree: Tree, layers: Layers, folder: Path | None) -> plan.WorkspacePlan:
    environments = (Path(sys.prefix), Path(sys.base_prefix))
    for prefix in environments:
        if why := why_hidden(prefix):
            raise SandboxUnavailable(
                f"strop's Python environment {prefix} cannot be shown to commands: {why}; make one in a folder of its own"
            )
    tools = [Path(tool).absolute() for tool in tree.tools]
    folders = [tool if tool.is_dir() else tool.parent for tool in tools]
    programs = [location / "bin" if (location / "bin").is_dir() else location for location in folders]
    search = [*programs, Path(sys.prefix, "bin"), *_SYSTEM.split()]
    return plan.WorkspacePlan(
        layers=layers,
        files=dict(tree.files),
        readable=tuple(dict.fromkeys(str(path) for tool in (*environments, *tools) for path in needed_by(tool))),
        search=tuple(dict.fromkeys(map(str, search))),
        python=interpreter.EXECUTABLE,
        folder=str(folder or ""),
        left_out=tuple(tree.left_out),
        only=None if tree.only is None else tuple(tree.only),
    )
